import { dedupWindowMs, isDead, parseTwins } from "@dred/core";
import type { ChainedHead, DeadRange } from "@dred/core";
import { headOf, isCovered, START } from "@dred/protocol";
import type { Entry, Head, OriginId, Position } from "@dred/protocol";
import type { ChannelReplica } from "./ChannelReplica.ts";

/** Entries looked at to find where a log's living part begins, in one go. */
const LOOK_ENTRIES = 500;
const LOOK_CHARS = 1_000_000;
/** So many goes for one log in one round; the rest waits for the next. */
const LOOKS_MAX = 20;
/** Notes of twins that are forgotten at once, and how often they are looked at. */
const NOTES_MAX = 1_000;
const NOTES_INTERVAL_MS = 30_000;

/**
 * Removes from the store what is dead by rule, and has logs go on behind what it lost of that.
 * Readers filter by the same rule (R5), so this may be late.
 */
export class Trimmer {
  /** The oldest entry of each log, while it lives: until it dies nothing is read. */
  readonly #oldest = new WeakMap<ChannelReplica, Map<OriginId, Head>>();
  /** When the notes of twins were looked at. */
  readonly #looked = new WeakMap<ChannelReplica, number>();

  async trim(channel: ChannelReplica, nowMs: number): Promise<void> {
    const { messageLifetimeMs, maxMessages, cuts } = channel.life.rules;
    const isForever = !Number.isFinite(messageLifetimeMs) && !Number.isFinite(maxMessages);
    if (isForever && cuts?.size === 0) return;
    for (const origin of channel.damaged.keys()) await channel.passLoss(origin);
    for (const [origin, range] of channel.life.deadRanges()) {
      const base = await this.#lastDead(channel, origin, range);
      if (base !== undefined) await channel.trim(origin, base, []);
    }
    if (nowMs - (this.#looked.get(channel) ?? 0) < NOTES_INTERVAL_MS) return;
    this.#looked.set(channel, nowMs);
    await forgetTwins(channel, nowMs);
  }

  async #lastDead(
    channel: ChannelReplica,
    origin: OriginId,
    dead: DeadRange,
  ): Promise<ChainedHead | undefined> {
    if (this.#isAllAlive(channel, origin, dead)) return undefined;
    let last: ChainedHead | undefined;
    let entriesMax = 1;
    for (let look = 0; look < LOOKS_MAX; look++) {
      const after = last ?? headOf(channel.content.bases, origin);
      const entries = await readFrom(channel, origin, after.ts, entriesMax);
      const living = entries.findIndex((entry) => !isDead(dead, entry));
      last = toHead(living < 0 ? entries.at(-1) : entries[living - 1]) ?? last;
      this.#noteOldest(channel, origin, entries[living]);
      if (living >= 0 || entries.length === 0) break;
      entriesMax = LOOK_ENTRIES;
    }
    return last;
  }

  #isAllAlive(channel: ChannelReplica, origin: OriginId, dead: DeadRange): boolean {
    const { heads, bases } = channel.content;
    const base = headOf(bases, origin);
    if (headOf(heads, origin).ts <= base.ts) return true; // nothing is held
    const oldest = this.#oldest.get(channel)?.get(origin) ?? START;
    return oldest.ts > base.ts && !isDead(dead, oldest);
  }

  #noteOldest(channel: ChannelReplica, origin: OriginId, oldest: Entry | undefined): void {
    if (oldest === undefined) return;
    const known = this.#oldest.get(channel) ?? new Map<OriginId, Head>();
    this.#oldest.set(channel, known.set(origin, { ts: oldest.ts, seq: oldest.seq }));
  }
}

function toHead(entry: Entry | undefined): ChainedHead | undefined {
  return entry && { ts: entry.ts, seq: entry.seq, chain: entry.chain };
}

function readFrom(
  channel: ChannelReplica,
  origin: OriginId,
  afterTs: number,
  entriesMax: number,
): Promise<Entry[]> {
  const beforeTs = Number.POSITIVE_INFINITY;
  const range = { origin, afterTs, beforeTs, order: "asc" } as const;
  return channel.range({ ...range, entriesMax, charsMax: LOOK_CHARS });
}

/**
 * Forgets notes of which every position was removed, or lost, and can have no other twin any more:
 * one that is posted later would find it in no window of the index.
 */
async function forgetTwins(channel: ChannelReplica, nowMs: number): Promise<void> {
  const { bases, heads, twins } = channel.content;
  const [origin, base] = [...bases].find(([each]) => !channel.damaged.has(each)) ?? [];
  if (twins.size === 0 || origin === undefined || base === undefined) return;
  const windowMs = dedupWindowMs(channel.options.messageLifetime);
  const youngest = (nowMs - 2 * windowMs) * 1000;
  const isRemoved = ({ origin: log, ts }: Position): boolean =>
    ts < youngest && (isCovered(bases, log, ts) || !isCovered(heads, log, ts));
  const gone = [...twins].filter(([, noted]) => parseTwins(noted).every(isRemoved));
  const digests = gone.slice(0, NOTES_MAX).map(([digest]) => digest);
  if (digests.length > 0) await channel.trim(origin, base, digests);
}
