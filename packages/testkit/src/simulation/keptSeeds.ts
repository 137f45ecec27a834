/** A seed that once broke a property, and what it found. */
export interface KeptSeed {
  readonly seed: number;
  readonly found: string;
}

/**
 * Seeds that failed once, run first in every test run. A seed decides a course only together
 * with the simulation: when faults, sizes or the order of random numbers change, it becomes
 * one seed among others. What it found must therefore have a test of its own as well; remove
 * it here once the simulation has changed much.
 */
export const keptSeeds: readonly KeptSeed[] = [
  { seed: 208295, found: "entries under way when their channel became known were not reindexed" },
  { seed: 832944, found: "a twin of dead ones was shown again, because their note was forgotten" },
  { seed: 797015, found: "what a store had lost with its log was still flagged as a conflict" },
  { seed: 164528, found: "a server that had ended was asked for history, and broke" },
  { seed: 1117983, found: "a server was dialled where another store under its serverId had been" },
  { seed: 1187544, found: "a trimmed log whose record was lost could not be given to anybody" },
];
