import type { ClientClock } from "./ClientClock.ts";

const DELAY_MS_MIN = 100;
const DELAY_MS_MAX = 5_000;

/**
 * How long to wait before round `round` (0, 1, 2 …) of trying: uniform between 0 and a ceiling
 * that doubles from 100 ms to 5 s ("full jitter", so that many who lost the same server do not
 * come back together).
 */
export function backoffDelayMs(round: number, clock: ClientClock): number {
  const ceiling = Math.min(DELAY_MS_MAX, DELAY_MS_MIN * 2 ** Math.min(round, 30));
  return clock.random() * ceiling;
}
