import { isDead, parseTwins } from "@dred/core";
import type { ChainedHead, DeadRange } from "@dred/core";
import { headOf } from "@dred/protocol";
import type { Head, OriginId } from "@dred/protocol";
import type { ChannelReplica } from "./ChannelReplica.ts";

/** Entries looked at to find where a log's living part begins, in one go. */
const LOOK_ENTRIES = 500;
/** So many goes for one log in one round; the rest waits for the next. */
const LOOKS_MAX = 20;

/**
 * Removes from the store what is dead by rule. Readers filter by the same rule (R5), so
 * this only gives memory back and may be late.
 */
export async function trimChannel(channel: ChannelReplica): Promise<void> {
  const { messageLifetime, maxMessages } = channel.options;
  if (messageLifetime === undefined && maxMessages === undefined) return;
  for (const [origin, range] of channel.deadRanges()) {
    const base = await lastDead(channel, origin, range);
    if (base !== undefined) await channel.trim(origin, base, twinsGone(channel, origin, base));
  }
}

async function lastDead(
  channel: ChannelReplica,
  origin: OriginId,
  dead: DeadRange,
): Promise<ChainedHead | undefined> {
  let last: ChainedHead | undefined;
  let after: Head = headOf(channel.content.bases, origin);
  for (let look = 0; look < LOOKS_MAX; look++) {
    const beforeTs = Number.POSITIVE_INFINITY;
    const range = { origin, afterTs: after.ts, beforeTs, order: "asc" } as const;
    const entries = await channel.range({
      ...range,
      entriesMax: LOOK_ENTRIES,
      charsMax: 1_000_000,
    });
    const firstLiving = entries.findIndex((entry) => !isDead(dead, entry));
    const gone = firstLiving < 0 ? entries : entries.slice(0, firstLiving);
    const newest = gone.at(-1);
    if (newest === undefined) return last;
    last = { ts: newest.ts, seq: newest.seq, chain: newest.chain };
    after = last;
    if (firstLiving >= 0) return last;
  }
  return last;
}

function twinsGone(channel: ChannelReplica, origin: OriginId, base: Head): string[] {
  const { bases, twins } = channel.content;
  const isGone = (twin: { origin: OriginId; ts: number }): boolean =>
    twin.ts <= (twin.origin === origin ? base.ts : headOf(bases, twin.origin).ts);
  return [...twins]
    .filter(([, noted]) => parseTwins(noted).every(isGone))
    .map(([digest]) => digest);
}
