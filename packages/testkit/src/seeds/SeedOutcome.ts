/** What one seed came to, as a worker tells it. */
export type SeedOutcome = PassedSeed | FailedSeed;

interface PassedSeed {
  readonly seed: number;
  readonly acked: number;
  readonly delivered: number;
  /** How long all took to agree after everything was healed, in simulated ms. */
  readonly convergedMs: number;
}

export interface FailedSeed {
  readonly seed: number;
  /** The property or invariant that was broken, such as `P8`; `other` when none is named. */
  readonly property: string;
  /** All that is known, in a few lines. */
  readonly message: string;
}

export function isFailed(outcome: SeedOutcome): outcome is FailedSeed {
  return "property" in outcome;
}
