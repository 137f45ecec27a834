import { limits } from "@dred/protocol";
import type { Entry, Head, OriginId } from "@dred/protocol";
import { isOnChain } from "./chainHash.ts";
import type { ChainedHead, Log } from "./chainHash.ts";
import type { ChannelLog } from "./channelLog.ts";
import type { CommitPlan, PlannedIdentity } from "./commitPlan.ts";
import { identify } from "./identify.ts";
import { rollOf } from "./identityIndex.ts";
import type { Sha256 } from "./sha256.ts";

/*
 * What is done with entries that a store holds and nobody vouches for: a commit died before it
 * was indexed, or the store was damaged. They count as far as they continue their log without a
 * hole and on a right chain; what the index shall hold of them follows from them alone.
 */

/**
 * The last of `entries` that continues a log from `head`, or `head` itself.
 *
 * @param head With an empty chain behind seq 0: it is not known, and the first entry's is taken.
 */
export function continueLog(
  sha256: Sha256,
  log: Log,
  head: ChainedHead,
  entries: readonly Entry[],
): ChainedHead {
  let last = head;
  for (const entry of entries) {
    const isNext = entry.seq === last.seq + 1 && entry.ts > last.ts;
    if (!isNext || identify(entry, { sha256, origin: log.origin }) === undefined) return last;
    if (!isOnChain(sha256, log, last, entry)) return last;
    last = { ts: entry.ts, seq: entry.seq, chain: entry.chain };
  }
  return last;
}

export interface ReindexContext {
  readonly origin: OriginId;
  /** The head that the log has in the store, wherever the entries lie. */
  readonly expected: Head;
  readonly sha256: Sha256;
}

/**
 * What the index shall hold of the first of `entries` that go into one store call: one dedup
 * window, each identity once. Takes `plan.entries.length` of them, at least one.
 */
export function planReindex(
  log: ChannelLog,
  entries: readonly Entry[],
  { origin, expected, sha256 }: ReindexContext,
): CommitPlan {
  const roll = rollOf(entries[0]?.ts ?? 0, log.windowMs);
  const identities = new Map<string, PlannedIdentity>();
  for (const entry of entries.slice(0, limits.BATCH_ENTRIES_MAX)) {
    const identity = identify(entry, { sha256, origin });
    const isSameCall = rollOf(entry.ts, log.windowMs) === roll;
    if (identity === undefined || !isSameCall || identities.has(identity.digest)) break;
    identities.set(identity.digest, identity);
  }
  return {
    origin,
    expected,
    entries: entries.slice(0, identities.size),
    identities: [...identities.values()],
    windowMs: log.windowMs,
    roll,
    twins: new Map(),
  };
}
