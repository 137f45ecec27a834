/** Time as a port: the system's, or the simulation's. */
export interface Clock {
  /** Milliseconds since 1970, with fractions where the source has them. */
  now(): number;
  /** Calls `action` once after `delayMs`; the returned function cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

/** Uniform in [0, 1). */
export type Random = () => number;
