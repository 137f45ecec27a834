import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";

/** The generator takes 32 bits of a seed. */
const SEED_MAX = 4_294_967_295;
const SEEDS_MAX = 100_000_000;
const WORKERS_MAX = 256;

export const USAGE = `pnpm simulate [--seeds N] [--from S] [--workers W] [--record]
pnpm simulate --seed S

  --seeds N    how many seeds are run; 1000
  --from S     the first of them; 1, with --record the one behind all that are recorded
  --workers W  on so many threads; as many as there are cores
  --record     adds what was run to docs/simulation.json
  --seed S     runs this seed alone and prints its trace`;

export interface SimulateOptions {
  readonly seeds: number;
  /** Undefined: not said. */
  readonly from: number | undefined;
  readonly workers: number;
  readonly isRecorded: boolean;
  /** The one seed to replay. */
  readonly seed: number | undefined;
}

/** @throws Error with a sentence about what is wrong with the arguments. */
export function parseSimulateOptions(words: readonly string[]): SimulateOptions {
  const { values } = parseArgs({
    args: words.filter((word) => word !== "--"),
    options: {
      seeds: { type: "string" },
      from: { type: "string" },
      workers: { type: "string" },
      record: { type: "boolean" },
      seed: { type: "string" },
    },
  });
  if (values.seed !== undefined && Object.keys(values).length > 1) {
    throw new Error("--seed replays one seed and goes with no other option");
  }
  const seeds = wholeNumber("seeds", values.seeds, SEEDS_MAX) ?? 1_000;
  const from = wholeNumber("from", values.from, SEED_MAX - seeds);
  const workers = wholeNumber("workers", values.workers, WORKERS_MAX) ?? availableParallelism();
  const seed = wholeNumber("seed", values.seed, SEED_MAX);
  return { seeds, from, workers, isRecorded: values.record === true, seed };
}

function wholeNumber(name: string, text: string | undefined, max: number): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9][0-9]{0,9}$/.test(text) && Number(text) <= max) return Number(text);
  throw new Error(`--${name} takes a whole number from 1 to ${max}, not "${text}"`);
}
