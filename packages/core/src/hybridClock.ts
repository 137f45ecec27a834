/** Entries further in the future than this are parked, and no ts beyond it is stamped. */
export const CLOCK_SKEW_MS_MAX = 60_000;

/** The next ts in microseconds: the clock's, but larger than any ts before it in the channel. */
export function nextTs(nowMs: number, largestTs: number): number {
  return Math.max(Math.floor(nowMs * 1000), largestTs + 1);
}

/**
 * The clock to stamp with: our own, but at most a minute beyond the median of all clocks
 * of the neighborhood. `offsetsMs` are the peers' clocks minus ours.
 */
export function boundedNow(nowMs: number, offsetsMs: readonly number[]): number {
  return Math.min(nowMs, nowMs + medianOffsetMs(offsetsMs) + CLOCK_SKEW_MS_MAX);
}

/** Whether our clock is so far off that we must not judge what is dead. */
export function isClockAstray(offsetsMs: readonly number[]): boolean {
  return Math.abs(medianOffsetMs(offsetsMs)) > CLOCK_SKEW_MS_MAX;
}

/** The median of all clocks, our own among them, minus ours; the lower one of two. */
function medianOffsetMs(offsetsMs: readonly number[]): number {
  const all = [...offsetsMs, 0].sort((a, b) => a - b);
  return all[Math.floor((all.length - 1) / 2)] ?? 0;
}
