import type { Clock } from "../replica/ports/Clock.ts";

/** The clock of this machine; it steps when somebody sets it, which the core allows for. */
export const systemClock: Clock = {
  now: () => Date.now(),
  steady: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};
