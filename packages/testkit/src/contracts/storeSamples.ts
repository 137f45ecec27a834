import type { CommitPlan } from "@dred/core";
import {
  formatHead,
  parseChannelKey,
  parseOriginId,
  parseServerId,
  START,
  toMid,
} from "@dred/protocol";
import type { Entry, Head } from "@dred/protocol";
import type { Range } from "@dred/server";

export const news = parseChannelKey("news~1");
export const first = parseOriginId("first.m2k9xqa7");
export const second = parseOriginId("second.m2k9xqb8");
/** Of the dedup windows, unless a test is about them. */
export const windowMs = 60_000;
export const serverId = parseServerId("first");

/** Entries with seq `after.seq + 1` onward and a ts 10 larger each. */
export function entriesAfter(after: Head, count: number, text = "x"): Entry[] {
  return Array.from({ length: count }, (_, index) => {
    const seq = after.seq + index + 1;
    const line = `{"channel":"news","msg":"${text} ${seq}"}`;
    return { ts: after.ts + (index + 1) * 10, seq, line, chain: chainOf(seq) };
  });
}

/** Stands for a chain hash: a store never computes one. */
export function chainOf(seq: number): string {
  return seq.toString(16).padStart(32, "0");
}

/** A commit of entries whose digests are `prefix` and their seq. */
export function commitOf(
  entries: readonly Entry[],
  options: Partial<CommitPlan> & { readonly prefix?: string } = {},
): CommitPlan {
  const { prefix = "d", ...given } = options;
  const origin = given.origin ?? first;
  return {
    origin,
    expected: START,
    entries,
    identities: entries.map((entry) => ({
      digest: `${prefix}${entry.seq}`,
      value: indexedAt(entry, origin),
      expected: "",
    })),
    windowMs,
    roll: 7,
    twins: new Map(),
    ...given,
  };
}

/** What the index holds for an entry of `commitOf`. */
export function indexedAt(entry: Head, origin = first): string {
  return `${toMid(origin, entry)}:${formatHead(entry)}`;
}

/** All of the log of `first`, ascending, unless given otherwise. */
export function rangeOf(range: Partial<Range> = {}): Range {
  return {
    origin: first,
    afterTs: 0,
    beforeTs: Infinity,
    order: "asc",
    entriesMax: 1_000,
    charsMax: 1_000_000,
    ...range,
  };
}
