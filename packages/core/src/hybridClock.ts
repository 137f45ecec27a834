/** What is further in the future than this is parked, and a clock further off is astray. */
export const CLOCK_SKEW_MS_MAX = 60_000;
/**
 * How far the time that a server goes by may be off the median. Less than what is parked: otherwise
 * a replica whose clock is a little behind would park all that a server with a fast clock posts.
 */
export const NEIGHBORHOOD_SKEW_MS_MAX = 30_000;

/** The next ts in microseconds: the clock's, but larger than any ts before it in the channel. */
export function nextTs(nowMs: number, largestTs: number): number {
  return Math.max(Math.floor(nowMs * 1000), largestTs + 1);
}

/** Whether a ts lies so far in our future that it must not be taken over yet. */
export function isFromFuture(ts: number, nowMs: number): boolean {
  return ts > (nowMs + CLOCK_SKEW_MS_MAX) * 1000;
}

/**
 * The time to stamp and to judge by: our own clock's, but at most half a minute off the median of
 * all clocks of the neighborhood. A fast clock would stamp what everybody must follow, or find
 * dead what lives; the messages of a slow one would be born dead. `offsetsMs` are the peers' clocks
 * minus ours.
 */
export function boundedNow(nowMs: number, offsetsMs: readonly number[]): number {
  const median = nowMs + medianOffsetMs(offsetsMs);
  const atMost = Math.min(nowMs, median + NEIGHBORHOOD_SKEW_MS_MAX);
  return Math.max(atMost, median - NEIGHBORHOOD_SKEW_MS_MAX);
}

/** Whether our clock is so far off that we must not judge what is dead. */
export function isClockAstray(offsetsMs: readonly number[]): boolean {
  return Math.abs(medianOffsetMs(offsetsMs)) > CLOCK_SKEW_MS_MAX;
}

/** The median of all clocks, our own among them, minus ours; the lower one of two. */
export function medianOffsetMs(offsetsMs: readonly number[]): number {
  const all = [...offsetsMs, 0].sort((a, b) => a - b);
  return all[Math.floor((all.length - 1) / 2)] ?? 0;
}
