import { parseArgs } from "node:util";
import type { Drill } from "./drill/Drill.ts";
import { drills } from "./drill/drillTable.ts";
import { formatDetails, formatList, formatTable } from "./drill/report.ts";
import { runDrill } from "./drill/runDrill.ts";
import type { DrillResult } from "./drill/runDrill.ts";

/*
 * `pnpm drill [NAME …]`: real servers, real Redis, faults made on purpose, and everything compared
 * afterwards. Without names all that are not long; `--list` says what each shows.
 */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { list: { type: "boolean", default: false } },
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(130)); // what it started ends with it
}

const chosen = choose(positionals);
if (positionals.length === 0 || values.list) console.log(formatList(drills));
if (!values.list) process.exitCode = (await runAll(chosen)) ? 0 : 1;

function choose(names: readonly string[]): readonly Drill[] {
  const unknown = names.filter((name) => !drills.some((drill) => drill.name === name));
  if (unknown.length > 0) {
    console.error(`There is no drill ${unknown.join(", ")}; there are:\n${formatList(drills)}`);
    process.exit(2);
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
