import { expect, test } from "vitest";
import { runSeeds } from "./runSeeds.ts";
import type { SeedOutcome } from "./SeedOutcome.ts";

/** A thread's program that takes its seeds as `seedWorker` does, and does `each` with each. */
function programOf(each: string): URL {
  const text = `
    import { parentPort, workerData } from "node:worker_threads";
    const { from, seeds, thread, taken } = workerData;
    const post = (seed) => parentPort.postMessage({ seed, acked: 1 });
    for (;;) {
      const next = Atomics.add(taken, 0, 1);
      Atomics.store(taken, thread + 1, next < seeds ? next : -1);
      if (next >= seeds) break;
      const seed = from + next;
      ${each}
      await new Promise((resolve) => setTimeout(resolve, 1));
    }`;
  return new URL(`data:text/javascript,${encodeURIComponent(text)}`);
}

async function run(program: URL, options: { seeds?: number; stopAt?: number } = {}) {
  const outcomes: SeedOutcome[] = [];
  const controller = new AbortController();
  const onOutcome = (outcome: SeedOutcome): void => {
    outcomes.push(outcome);
    if (outcomes.length === options.stopAt) controller.abort("SIGTERM");
  };
  const seeds = options.seeds ?? 9;
  const { signal } = controller;
  await runSeeds({ from: 5, seeds, workers: 2, program, signal, onOutcome });
  return outcomes.toSorted((a, b) => a.seed - b.seed);
}

test("every seed is run once, whichever thread takes it", async () => {
  const outcomes = await run(programOf("post(seed);"));
  expect(outcomes.map(({ seed }) => seed)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13]);
});

test("a seed that ends its thread has failed, and the others are run", async () => {
  const outcomes = await run(programOf(`if (seed % 4 === 3) throw new Error("no"); post(seed);`));
  expect(outcomes.map(({ seed }) => seed)).toEqual([5, 6, 7, 8, 9, 10, 11, 12, 13]);
  expect(outcomes.filter((outcome) => "property" in outcome)).toEqual([
    { seed: 7, property: "other", message: "seed 7: Error: no" },
    { seed: 11, property: "other", message: "seed 11: Error: no" },
  ]);
});

test("a run that is stopped finishes what is under way and begins no other seed", async () => {
  const outcomes = await run(programOf("post(seed);"), { seeds: 1_000_000, stopAt: 3 });
  expect(outcomes.length).toBeGreaterThanOrEqual(3);
  expect(outcomes.length).toBeLessThan(1_000);
});

test("threads that cannot start end the run with an error", async () => {
  const program = new URL("data:text/javascript,throw new Error('no start')");
  await expect(run(program)).rejects.toThrow("A thread of the simulation failed: Error: no start");
});
