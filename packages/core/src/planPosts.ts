import { limits } from "@dred/protocol";
import type { Entry, OriginId } from "@dred/protocol";
import { chainThrough } from "./chainHash.ts";
import { chainedHead } from "./channelLog.ts";
import type { ChannelLog } from "./channelLog.ts";
import type { CommitPlan, PlannedIdentity } from "./commitPlan.ts";
import { nextTs } from "./hybridClock.ts";
import { formatIndexed, rollOf } from "./identityIndex.ts";
import type { Sha256 } from "./sha256.ts";

/** A client's message, encoded, on its way to become an entry. */
export interface PendingPost {
  readonly digest: string;
  readonly contentHash: string;
  readonly line: string;
}

export interface PostContext {
  /** Our own origin: nobody else's posts become entries here (R2). */
  readonly origin: OriginId;
  readonly nowMs: number;
  readonly sha256: Sha256;
}

/**
 * Gives the first of the waiting posts their seq and ts, as many as go into one store call
 * (limits, and one dedup window). The plan takes `plan.entries.length` of `posts`, from the
 * front; all digests in it are different, a second post of one waits for the first.
 */
export function planPosts(
  log: ChannelLog,
  posts: readonly PendingPost[],
  context: PostContext,
): CommitPlan {
  const { origin, sha256 } = context;
  const entries: Entry[] = [];
  const identities: PlannedIdentity[] = [];
  const digests = new Set<string>();
  const expected = chainedHead(log, origin);
  let head = expected;
  let largestTs = log.largestTs;
  const roll = rollOf(nextTs(context.nowMs, largestTs), log.windowMs);
  let chars = 0;
  for (const post of posts) {
    const ts = nextTs(context.nowMs, largestTs);
    chars += post.line.length;
    if (entries.length > 0 && !hasRoom(entries.length, chars)) break;
    if (rollOf(ts, log.windowMs) !== roll) break;
    if (digests.has(post.digest)) break;
    digests.add(post.digest);
    const next = { ts, seq: head.seq + 1, line: post.line };
    const chain = chainThrough(sha256, { channel: log.key, origin }, head.chain, next);
    const value = formatIndexed(origin, next, post.contentHash);
    entries.push({ ...next, chain });
    identities.push({ digest: post.digest, value, expected: "" });
    head = { ts, seq: next.seq, chain };
    largestTs = ts;
  }
  const { windowMs } = log;
  return { origin, expected, entries, identities, windowMs, roll, twins: new Map() };
}

/** Whether one more entry may join the `count` that are in a call already. */
export function hasRoom(count: number, chars: number): boolean {
  return count < limits.BATCH_ENTRIES_MAX && chars <= limits.BATCH_CHARS_MAX;
}
