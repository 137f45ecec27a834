export interface BackoffLimits {
  readonly delayMsMin: number;
  readonly delayMsMax: number;
}

/**
 * How long to wait before try number `attempt` (0 for the first retry): uniform between 0
 * and a ceiling that doubles up to `delayMsMax` ("full jitter", so that many who lost the
 * same server do not come back together).
 */
export function backoffDelayMs(attempt: number, limits: BackoffLimits, random: number): number {
  const ceiling = Math.min(limits.delayMsMax, limits.delayMsMin * 2 ** Math.min(attempt, 30));
  return random * ceiling;
}
