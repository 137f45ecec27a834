import type { Entry, Head, OriginId } from "@dred/protocol";
import { chainedHead } from "./channelLog.ts";
import type { ChannelLog } from "./channelLog.ts";
import { noteTwin } from "./twins.ts";

/** One (sender, ocid) in the index of its channel, as a commit compares and writes it. */
export interface PlannedIdentity {
  /** Digest of (sender, ocid). */
  readonly digest: string;
  /** What is stored under it when `expected` is empty: `origin/ts-seq:contentHash`. */
  readonly value: string;
  /**
   * The value that the rolls `roll - 1`, `roll` and `roll + 1` must hold for this digest; empty
   * when none may. A digest that is already known keeps its first value.
   */
  readonly expected: string;
}

/** A compare-and-append, decided here and carried out by the store, all or nothing. */
export interface CommitPlan {
  readonly origin: OriginId;
  /** The head this log must have, START for a new one. */
  readonly expected: Head;
  /** 1 to BATCH_ENTRIES_MAX, contiguous by seq from `expected`, ts ascending. */
  readonly entries: readonly Entry[];
  /** One for each entry, in the same order; all digests differ. */
  readonly identities: readonly PlannedIdentity[];
  /** How long a dedup window is: the channel must have been opened for windows of this length. */
  readonly windowMs: number;
  /** The dedup window that all entries lie in: floor(ts / window). It is kept for three of them. */
  readonly roll: number;
  /** Digest to the note of its twins that the store shall hold afterwards. */
  readonly twins: ReadonlyMap<string, string>;
}

/**
 * The same plan for an index that holds other values than it expected: a replica stores
 * the entry all the same and notes the twin beside.
 */
export function expectKnown(
  plan: CommitPlan,
  log: ChannelLog,
  values: ReadonlyMap<string, string>,
): CommitPlan {
  const twins = new Map(plan.twins);
  const identities = plan.identities.map((identity) => {
    const known = values.get(identity.digest);
    if (known === undefined) return identity;
    if (known === "") twins.delete(identity.digest);
    else if (known !== identity.value) {
      const noted = noteTwin(log.twins.get(identity.digest) ?? known, known);
      twins.set(identity.digest, noteTwin(noted, identity.value));
    }
    return { ...identity, expected: known };
  });
  return { ...plan, identities, twins };
}

/** Moves what is known by a commit that the store confirmed. */
export function applyCommit(log: ChannelLog, plan: CommitPlan): void {
  const last = plan.entries.at(-1);
  for (const [digest, noted] of plan.twins) log.twins.set(digest, noted);
  if (last === undefined || last.ts <= chainedHead(log, plan.origin).ts) return;
  log.heads.set(plan.origin, { ts: last.ts, seq: last.seq, chain: last.chain });
  log.largestTs = Math.max(log.largestTs, last.ts);
}
