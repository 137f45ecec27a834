import type { Drill } from "./drill/Drill.ts";
import { DRILL_USAGE, parseDrillOptions } from "./drill/drillOptions.ts";
import type { DrillOptions } from "./drill/drillOptions.ts";
import { randomMix } from "./drill/drills/randomMix.ts";
import { drills } from "./drill/drillTable.ts";
import { formatDetails, formatList, formatTable } from "./drill/report.ts";
import { runDrill } from "./drill/runDrill.ts";
import type { DrillResult } from "./drill/runDrill.ts";

/*
 * `pnpm drill`: real servers, real Redis, faults made on purpose, and everything compared
 * afterwards.
 */

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(130)); // what it started ends with it
}

const options = readOptions();
if (options === undefined) process.exitCode = 2;
else if (options.isListed) console.log(formatList(drills));
else process.exitCode = (await runAll(options.chosen)) ? 0 : 1;

function readOptions(): (DrillOptions & { readonly chosen: readonly Drill[] }) | undefined {
  try {
    const read = parseDrillOptions(process.argv.slice(2));
    return { ...read, chosen: choose(read) };
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${DRILL_USAGE}`);
    return undefined;
  }
}

/** @throws Error with a sentence about names that no drill has. */
function choose({ names, mix }: DrillOptions): readonly Drill[] {
  const say = (sentence: string): void => console.log(`    ${sentence}`);
  if (mix !== undefined) return [randomMix({ ...mix, say })];
  const unknown = names.filter((name) => !drills.some((drill) => drill.name === name));
  if (unknown.length > 0) {
    throw new Error(`There is no drill ${unknown.join(", ")}; there are:\n${formatList(drills)}`);
  }
  if (names.length === 0) return drills.filter(({ isLong }) => isLong !== true);
  return drills.filter(({ name }) => names.includes(name));
}

/** Whether all of them went well. */
async function runAll(wanted: readonly Drill[]): Promise<boolean> {
  const results: DrillResult[] = [];
  for (const drill of wanted) {
    console.log(`\n${drill.name}: ${drill.shows}`);
    const result = await runDrill(drill);
    const details = formatDetails(result);
    if (details !== "") console.log(details);
    results.push(result);
  }
  console.log(`\n${formatTable(results)}`);
  return results.every(({ faults }) => faults.length === 0);
}
