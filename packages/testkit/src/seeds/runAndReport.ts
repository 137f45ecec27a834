import { constants } from "node:os";
import { join } from "node:path";
import { codeVersion } from "./codeVersion.ts";
import { readRecord, recordRun } from "./recordFile.ts";
import { runSeeds } from "./runSeeds.ts";
import { FAILURES_KEPT_MAX, SeedTally } from "./SeedTally.ts";
import type { SimulateOptions } from "./simulateOptions.ts";
import { seedAfter, totalSeeds } from "./simulationRecord.ts";

const program = new URL("./seedWorker.js", import.meta.url);
const PROGRESS_MS = 30_000;
const STOPPED_BY = ["SIGINT", "SIGTERM"] as const;

/**
 * Runs the seeds, prints every failure with the command that replays it, and records the run
 * if that is wanted: after SIGINT or SIGTERM, what was done until then. Returns the exit code.
 */
export async function runAndReport(root: string, options: SimulateOptions): Promise<number> {
  const path = join(root, "docs", "simulation.json");
  const { seeds, workers, isRecorded } = options;
  const code = isRecorded ? codeVersion(root) : undefined;
  const from = options.from ?? (isRecorded ? seedAfter(readRecord(path)) : 1);
  const interruption = watchForInterruption();
  const { signal } = interruption;
  const tally = new SeedTally();
  console.log(`${seeds} seeds from ${from} on, ${workers} at a time`);
  const progress = setInterval(() => console.log(`${tally.done} of ${seeds}`), PROGRESS_MS);
  try {
    const onOutcome = tally.add.bind(tally);
    await runSeeds({ from, seeds, workers, program, signal, onOutcome });
  } finally {
    clearInterval(progress);
    interruption.release();
    if (code !== undefined) await record(path, code, tally);
  }
  report(tally);
  return exitCode(tally, signal);
}

function report(tally: SeedTally): void {
  for (const { seed, message } of tally.failures) {
    console.error(`${message}\n  replay it with: pnpm simulate --seed ${seed}`);
  }
  if (tally.failed > FAILURES_KEPT_MAX) {
    console.error(`${tally.failed - FAILURES_KEPT_MAX} more failures are not shown`);
  }
  console.log(tally.summary());
}

async function record(path: string, code: string, tally: SeedTally): Promise<void> {
  if (tally.done === 0) return;
  const failures = tally.failures.map(({ seed, property }) => ({ seed, property }));
  const all = await recordRun(path, { code, seeds: tally.ranges(), failures });
  console.log(`recorded for ${code}; ${totalSeeds(all)} seeds in all`);
}

function exitCode(tally: SeedTally, signal: AbortSignal): number {
  if (tally.failed > 0) return 1;
  return signal.aborted ? 128 + constants.signals[signal.reason as NodeJS.Signals] : 0;
}

/** A signal whose reason is the name of the first SIGINT or SIGTERM; a second one kills. */
function watchForInterruption(): { readonly signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const stop = (name: NodeJS.Signals): void => {
    release();
    controller.abort(name);
  };
  const release = (): void => STOPPED_BY.forEach((name) => process.off(name, stop));
  STOPPED_BY.forEach((name) => process.on(name, stop));
  return { signal: controller.signal, release };
}
