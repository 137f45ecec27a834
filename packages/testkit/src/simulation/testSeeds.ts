import { isFailed } from "../seeds/SeedOutcome.ts";
import { runSeed } from "../seeds/runSeed.ts";

/** How many seeds a test run has, and from which on: `SEEDS=1 FROM=137 pnpm test -- simulation`. */
const SEEDS = Number(process.env["SEEDS"] ?? 2_000);
const FROM = Number(process.env["FROM"] ?? 1);
/** Test files that run at once, each with its share. */
const SHARES = 2;
const FAILURES_MAX = 5;

/** The seeds of one test file: every second one. */
export function shareOfSeeds(share: 0 | 1): number[] {
  const seeds = Array.from({ length: SEEDS }, (_, index) => FROM + index);
  return seeds.filter((_, index) => index % SHARES === share);
}

/** What the first five failing seeds say; the seeds behind them are not run. */
export async function failuresOf(seeds: Iterable<number>): Promise<string[]> {
  const failures: string[] = [];
  for (const seed of seeds) {
    const outcome = await runSeed(seed);
    if (!isFailed(outcome)) continue;
    failures.push(`${outcome.message}\n  replay it with: pnpm simulate --seed ${seed}`);
    if (failures.length === FAILURES_MAX) break;
  }
  return failures;
}
