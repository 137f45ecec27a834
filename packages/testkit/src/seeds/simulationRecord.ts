import { countSeeds, mergeRanges } from "./seedRanges.ts";
import type { SeedRange } from "./seedRanges.ts";

/** A failure as it is kept. */
interface RecordedFailure {
  readonly seed: number;
  readonly property: string;
}

/** What was run of one version of the code. */
export interface RecordedRun {
  /** The commit that changed the simulated code last, or `uncommitted changes`. */
  readonly code: string;
  readonly seeds: readonly SeedRange[];
  readonly failures: readonly RecordedFailure[];
}

/** All that was run, as `docs/simulation.json` keeps it. */
export interface SimulationRecord {
  /** One row for each version of the code, by first seed, then by version. */
  readonly runs: readonly RecordedRun[];
}

const ABOUT =
  "Seeds of the simulation that were run with `pnpm simulate --record`. A row is a version of the " +
  "code: the last commit that changed the packages the simulation runs. A row counts a seed once, " +
  "however often it was run. `total` is the sum of the rows, so a seed that was run on two " +
  "versions counts twice. A failure belongs to the version it was found on.";

/** @throws Error when the text is no record. */
export function parseRecord(text: string): SimulationRecord {
  const value = JSON.parse(text) as Partial<SimulationRecord>;
  if (!Array.isArray(value.runs)) throw new Error("a record of the simulation has `runs`");
  return { runs: value.runs };
}

export function formatRecord({ runs }: SimulationRecord): string {
  const rows = runs.map(({ code, seeds, failures }) =>
    JSON.stringify({ code, count: countSeeds(seeds), seeds, failures }),
  );
  const listed = rows.length === 0 ? "[]" : `[\n    ${rows.join(",\n    ")}\n  ]`;
  const total = totalSeeds({ runs });
  return `{\n  "about": ${JSON.stringify(ABOUT)},\n  "total": ${total},\n  "runs": ${listed}\n}\n`;
}

/** The record with a run added to the row of its version; seeds of a row count once. */
export function addRun(record: SimulationRecord, run: RecordedRun): SimulationRecord {
  const before = record.runs.filter(({ code }) => code === run.code);
  const others = record.runs.filter(({ code }) => code !== run.code);
  const same = [...before, run];
  const merged = {
    code: run.code,
    seeds: mergeRanges(same.flatMap(({ seeds }) => seeds)),
    failures: mergeFailures(same.flatMap(({ failures }) => failures)),
  };
  const runs = [...others, merged].filter(({ seeds }) => seeds.length > 0);
  return { runs: runs.toSorted(byFirstSeed) };
}

/** Over all versions of the code. */
export function totalSeeds({ runs }: SimulationRecord): number {
  return runs.reduce((sum, { seeds }) => sum + countSeeds(seeds), 0);
}

/** The seed behind the largest that was run on any version. */
export function seedAfter({ runs }: SimulationRecord): number {
  return runs.reduce((next, { seeds }) => Math.max(next, (seeds.at(-1)?.[1] ?? 0) + 1), 1);
}

function mergeFailures(failures: readonly RecordedFailure[]): RecordedFailure[] {
  const bySeed = new Map(failures.map(({ seed, property }) => [seed, { seed, property }]));
  return [...bySeed.values()].toSorted((a, b) => a.seed - b.seed);
}

function byFirstSeed(a: RecordedRun, b: RecordedRun): number {
  const difference = (a.seeds[0]?.[0] ?? 0) - (b.seeds[0]?.[0] ?? 0);
  if (difference !== 0) return difference;
  return a.code < b.code ? -1 : 1;
}
