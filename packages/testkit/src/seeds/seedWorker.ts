import { parentPort, workerData } from "node:worker_threads";
import { runSeed } from "./runSeed.ts";
import type { SeedShare } from "./SeedShare.ts";
import { takeSeed } from "./SeedShare.ts";

/*
 * A thread of `runSeeds`: takes one seed after another, tells each outcome, and ends when
 * there is none left.
 */

// Errors are part of a normal run, and their stacks are seen by nobody: a replay has them.
Error.stackTraceLimit = 0;

const share = workerData as SeedShare;
for (let seed = takeSeed(share); seed !== undefined; seed = takeSeed(share)) {
  parentPort?.postMessage(await runSeed(seed));
  // The simulation itself never waits for the event loop, which clears up after it.
  await new Promise((resolve) => setImmediate(resolve));
}
