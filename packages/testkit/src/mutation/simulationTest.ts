import type { NamedTest } from "./Mutant.ts";

/** The simulation, with the seeds of a mutant. */
export const simulationTest: NamedTest = {
  file: "packages/testkit/src/simulation/simulation.test.ts",
  name: "R1–R11: a neighborhood under faults",
};

/** Enough that each mutant that only the simulation can see is seen; half of them in one file. */
export const SEEDS_OF_MUTANTS = 400;
