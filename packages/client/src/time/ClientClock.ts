/** Time and randomness as a port, so that tests need not wait. */
export interface ClientClock {
  /** Milliseconds from any fixed point; only differences are used. */
  now(): number;
  /** Calls `action` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, action: () => void): () => void;
  /** Uniform in [0, 1). */
  random(): number;
}

/** The platform's own time. */
export const systemClock: ClientClock = {
  now: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
  random: () => Math.random(),
};
