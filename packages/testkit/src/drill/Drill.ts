import type { DrillNeighborhood } from "./DrillNeighborhood.ts";

/** One drill: a fault made on purpose, and what must hold then. */
export interface Drill {
  readonly name: string;
  /** What it shows, in a line. */
  readonly shows: string;
  /** Whether it runs only when it is named. */
  readonly isLong?: true;
  /** How many servers it needs; default 3. */
  readonly servers?: 2 | 3 | 4;
  /**
   * Makes the fault and checks what is particular to it. Afterwards all links are healed, and
   * everything is compared.
   *
   * @throws Error with what did not hold.
   */
  run(hood: DrillNeighborhood): Promise<void>;
}
