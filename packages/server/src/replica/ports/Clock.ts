/** Time as a port: the system's, or the simulation's. */
export interface Clock {
  /** Milliseconds since 1970, with fractions where the source has them. */
  now(): number;
  /**
   * Milliseconds since any moment, with fractions: goes on evenly whatever somebody sets the clock
   * to. How long something takes is measured by it.
   */
  steady(): number;
  /** Calls `action` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

/** Uniform in [0, 1). */
export type Random = () => number;
