import type { Fault } from "./faults/Fault.ts";
import { pick } from "./seededRandom.ts";
import type { World } from "./World.ts";

/** The faults that are going on: each ends by itself after its time, or when all is healed. */
export class ActiveFaults {
  readonly names: string[] = [];
  readonly #ends = new Set<() => void>();

  /** Begins one of the faults that the seed allows. */
  inject(world: World): void {
    if (world.plan.faults.length === 0) return;
    this.begin(world, pick(world.random, world.plan.faults));
  }

  begin(world: World, fault: Fault): void {
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
