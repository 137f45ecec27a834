import type { Fault } from "./faults/Fault.ts";
import { pick } from "./seededRandom.ts";
import type { World } from "./World.ts";

/** The faults that are going on: each ends by itself after its time, or when all is healed. */
export class ActiveFaults {
  readonly names: string[] = [];
  readonly #allowed: readonly Fault[];
  readonly #ends = new Set<() => void>();

  constructor(allowed: readonly Fault[]) {
    this.#allowed = allowed;
  }

  /** Begins one of the faults that the seed allows. */
  inject(world: World): void {
    if (this.#allowed.length === 0) return;
    const fault = pick(world.random, this.#allowed);
    const run = fault.begin(world);
    if (run === undefined) return; // it does not apply now
    this.names.push(fault.name);
    world.trace.note(`${fault.name}: ${run.what}`);
    const { end } = run;
    if (end === undefined) return;
    const finish = (): void => {
      if (!this.#ends.delete(finish)) return;
      world.trace.note(`${fault.name} ends: ${run.what}`);
      end();
    };
    this.#ends.add(finish);
    world.clock.after(run.durationMs, finish);
  }

  endAll(): void {
    for (const finish of this.#ends) finish();
  }
}
