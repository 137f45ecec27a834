import type { Entry, OriginId } from "@dred/protocol";
import { isChainKnown, isOnChain } from "./chainHash.ts";
import type { ChainedHead } from "./chainHash.ts";
import { chainedHead } from "./channelLog.ts";
import type { ChannelLog } from "./channelLog.ts";
import type { CommitPlan, PlannedIdentity } from "./commitPlan.ts";
import { isFromFuture } from "./hybridClock.ts";
import { identify } from "./identify.ts";
import { rollOf } from "./identityIndex.ts";
import { hasRoom } from "./planPosts.ts";
import type { Sha256 } from "./sha256.ts";

/*
 * What a replica does with entries of another origin. The obvious rule, "append what you do
 * not have", is wrong in four ways: a hole would be papered over (R1), a second writer's
 * entries would be mixed in (R2), other content at a known place would stay unseen (R3, R8),
 * and one bad entry would block all that follow on the link. So each entry either continues
 * its log exactly, chain hash included, or stops that one log with a reason. What stopped is
 * asked for again or parked by the caller; nothing else waits for it.
 */

export type StopReason =
  /** Something before it is missing: ask for what follows the head. */
  | "hole"
  /** Other content or another chain than we hold: an alarm, the log is parked. */
  | "fork"
  /** Its ts lies beyond our clock plus the allowed skew: wait. */
  | "future"
  /** No message that we can read: the log is parked. */
  | "undecodable";

export interface ReplicationPlan {
  /** Undefined when nothing is to be appended. */
  readonly commit: CommitPlan | undefined;
  /** How many of the given entries are done with, skipped ones included. */
  readonly taken: number;
  /** Why the first entry not taken was not; undefined when it merely waits for its turn. */
  readonly stop: StopReason | undefined;
}

export interface ReplicationContext {
  readonly origin: OriginId;
  readonly nowMs: number;
  readonly sha256: Sha256;
}

/** Decides what of `entries`, in seq order from one peer, goes into the next store call. */
export function planEntries(
  log: ChannelLog,
  entries: readonly Entry[],
  context: ReplicationContext,
): ReplicationPlan {
  const expected = chainedHead(log, context.origin);
  const batch = new Batch(log, expected, context);
  let stop: StopReason | undefined;
  let taken = 0;
  for (const entry of entries) {
    const verdict = batch.offer(entry);
    if (verdict === "later") break;
    if (verdict !== "taken") {
      stop = verdict;
      break;
    }
    taken++;
  }
  return { commit: batch.toCommit(expected), taken, stop };
}

class Batch {
  readonly #log: ChannelLog;
  readonly #context: ReplicationContext;
  readonly #entries: Entry[] = [];
  readonly #identities = new Map<string, PlannedIdentity>();
  #head: ChainedHead;
  #chars = 0;

  constructor(log: ChannelLog, head: ChainedHead, context: ReplicationContext) {
    this.#log = log;
    this.#head = head;
    this.#context = context;
  }

  offer(entry: Entry): "taken" | "later" | StopReason {
    if (entry.seq < this.#head.seq) return "taken";
    if (entry.seq === this.#head.seq) return this.#isHeld(entry) ? "taken" : "fork";
    if (entry.seq > this.#head.seq + 1) return "hole";
    if (entry.ts <= this.#head.ts || !this.#isOnChain(entry)) return "fork";
    if (isFromFuture(entry.ts, this.#context.nowMs)) return "future";
    return this.#append(entry);
  }

  #isHeld(entry: Entry): boolean {
    if (!isChainKnown(this.#head)) return true; // dead, and nobody here knows what it was
    return entry.ts === this.#head.ts && entry.chain === this.#head.chain;
  }

  #isOnChain(entry: Entry): boolean {
    const log = { channel: this.#log.key, origin: this.#context.origin };
    return isOnChain(this.#context.sha256, log, this.#head, entry);
  }

  #append(entry: Entry): "taken" | "later" | "undecodable" {
    this.#chars += entry.line.length;
    if (this.#entries.length > 0 && !this.#fits(entry)) return "later";
    const identity = identify(entry, this.#context);
    if (identity === undefined) return "undecodable";
    if (this.#identities.has(identity.digest)) return "later";
    this.#identities.set(identity.digest, identity);
    this.#entries.push(entry);
    this.#head = entry;
    return "taken";
  }

  #fits(entry: Entry): boolean {
    return hasRoom(this.#entries.length, this.#chars) && this.#rollOf(entry) === this.#roll();
  }

  #roll(): number {
    const first = this.#entries[0];
    return first === undefined ? 0 : this.#rollOf(first);
  }

  #rollOf(entry: Entry): number {
    return rollOf(entry.ts, this.#log.windowMs);
  }

  toCommit(expected: ChainedHead): CommitPlan | undefined {
    if (this.#entries.length === 0) return undefined;
    return {
      origin: this.#context.origin,
      expected,
      entries: this.#entries,
      identities: [...this.#identities.values()],
      windowMs: this.#log.windowMs,
      roll: this.#roll(),
      twins: new Map(),
    };
  }
}
