import { Worker } from "node:worker_threads";
import type { SeedOutcome } from "./SeedOutcome.ts";
import { createShares, isUsedUp, seedUnderWay, stopTaking } from "./SeedShare.ts";
import type { SeedShare } from "./SeedShare.ts";

/** A seed takes milliseconds; one that takes so long never ends. */
const SEED_MS_MAX = 120_000;
const LOOK_MS = 5_000;

export interface SeedRun {
  readonly from: number;
  readonly seeds: number;
  /** How many threads run them, at least one. */
  readonly workers: number;
  /** What a thread runs: it takes seeds of its `SeedShare` and posts their outcomes. */
  readonly program: URL;
  /** Aborted: the seeds under way are finished and no other is begun. */
  readonly signal: AbortSignal;
  readonly onOutcome: (outcome: SeedOutcome) => void;
}

/**
 * Runs seeds on several threads, each of which takes one after another. A seed that ends its
 * thread, or does not end within two minutes, has failed, and a new thread takes over.
 *
 * @throws Error when the threads cannot start.
 */
export async function runSeeds(run: SeedRun): Promise<void> {
  const threads = Math.min(run.workers, run.seeds);
  const shares = createShares({ from: run.from, seeds: run.seeds, threads });
  const stop = (): void => shares.forEach(stopTaking);
  run.signal.addEventListener("abort", stop, { once: true });
  try {
    await Promise.all(shares.map((share) => runLane(share, run)));
  } finally {
    stop();
    run.signal.removeEventListener("abort", stop);
  }
}

/** One thread after another until all seeds are taken; only a failed seed ends one earlier. */
async function runLane(share: SeedShare, run: SeedRun): Promise<void> {
  do {
    const ending = await runThread(share, run);
    if (ending === undefined) continue;
    const seed = seedUnderWay(share);
    if (seed === undefined) throw new Error(`A thread of the simulation failed: ${ending}`);
    run.onOutcome({ seed, property: "other", message: `seed ${seed}: ${ending}` });
  } while (!isUsedUp(share));
}

/** Resolves when the thread has ended: with the reason if it had not come to its end. */
async function runThread(
  share: SeedShare,
  { program, onOutcome }: SeedRun,
): Promise<string | undefined> {
  const worker = new Worker(program, { workerData: share });
  let lastHeardMs = Date.now();
  let reason: string | undefined;
  worker.on("message", (outcome: SeedOutcome) => {
    lastHeardMs = Date.now();
    onOutcome(outcome);
  });
  worker.on("error", (error) => (reason ??= String(error)));
  const watch = setInterval(() => {
    if (Date.now() - lastHeardMs < SEED_MS_MAX) return;
    reason = `did not end within ${SEED_MS_MAX / 1_000} s`;
    void worker.terminate();
  }, LOOK_MS);
  const code = await new Promise<number>((resolve) => worker.once("exit", resolve));
  clearInterval(watch);
  return code === 0 ? undefined : (reason ?? `the thread ended with ${code}`);
}
