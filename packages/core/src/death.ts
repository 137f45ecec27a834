import { compareEpochs, epochOf, isCovered, serverOf, START } from "@dred/protocol";
import type { GapReason, Head, OriginId, Position, ServerId, VersionVector } from "@dred/protocol";

/** What decides over the life of a channel's messages; the same on every server (R5). */
export interface LifeRules {
  /** Milliseconds; Infinity without one. */
  readonly messageLifetimeMs: number;
  /** Kept of each server over its epochs; Infinity without a limit. */
  readonly maxMessages: number;
  /** Per origin the ts through which an operator gave its log up; none where it is absent. */
  readonly cuts?: ReadonlyMap<OriginId, number>;
}

/** Through where a log is dead, and why. Whatever lies above lives. */
export interface DeadRange {
  /** An entry is dead when its ts is smaller … */
  readonly beforeTs: number;
  /** … or its seq is at most this … */
  readonly throughSeq: number;
  /** … or its ts is at most this, because an operator gave that up. */
  readonly cutTs: number;
}

export function isDead(range: DeadRange, head: Head): boolean {
  return head.ts < range.beforeTs || head.seq <= range.throughSeq || head.ts <= range.cutTs;
}

/** What is held of a channel's logs: through their heads, but for what is dead. */
export interface HeldLogs {
  readonly heads: VersionVector;
  readonly ranges: ReadonlyMap<OriginId, DeadRange>;
}

/**
 * Whether a position is dead, or lies beyond its log's head: a store that lost entries may still
 * name them in its index and in notes of twins.
 */
export function isGone({ heads, ranges }: HeldLogs, { origin, ts, seq }: Position): boolean {
  const range = ranges.get(origin);
  const isHeld = range !== undefined && isCovered(heads, origin, ts);
  return !isHeld || isDead(range, { ts, seq });
}

/**
 * Which of the rules killed an entry. One that another server found dead, by its clock or by
 * heads that we lack, died of the rule that the channel has.
 */
export function causeOfDeath(range: DeadRange, head: Head): GapReason {
  if (head.ts <= range.cutTs) return "gone";
  if (head.ts < range.beforeTs) return "life";
  const hasNoLifetime = range.beforeTs === Number.NEGATIVE_INFINITY;
  return hasNoLifetime || head.seq <= range.throughSeq ? "max" : "life";
}

/**
 * What is dead in each log of a channel, from the heads and the clock alone.
 *
 * @param nowMs The clock; skew moves the edge by as much.
 */
export function deadRanges(
  rules: LifeRules,
  heads: ReadonlyMap<OriginId, Head>,
  nowMs: number,
): Map<OriginId, DeadRange> {
  const beforeTs = (nowMs - rules.messageLifetimeMs) * 1000;
  const beyond = beyondNewest(rules.maxMessages, heads);
  const ranges = new Map<OriginId, DeadRange>();
  for (const origin of heads.keys()) {
    const cutTs = rules.cuts?.get(origin) ?? 0;
    ranges.set(origin, { beforeTs, throughSeq: beyond.get(origin) ?? 0, cutTs });
  }
  return ranges;
}

/** Per origin the seq through which it lies beyond the newest `maxMessages` of its server. */
function beyondNewest(
  maxMessages: number,
  heads: ReadonlyMap<OriginId, Head>,
): Map<OriginId, number> {
  const through = new Map<OriginId, number>();
  if (maxMessages === Number.POSITIVE_INFINITY) return through;
  const roomLeft = new Map<ServerId, number>();
  for (const origin of newestEpochsFirst(heads)) {
    const room = roomLeft.get(serverOf(origin)) ?? maxMessages;
    const { seq } = heads.get(origin) ?? START;
    through.set(origin, Math.max(0, seq - room));
    roomLeft.set(serverOf(origin), Math.max(0, room - seq));
  }
  return through;
}

function newestEpochsFirst(heads: ReadonlyMap<OriginId, Head>): OriginId[] {
  return [...heads.keys()].sort((a, b) => compareEpochs(epochOf(b), epochOf(a)));
}
