import { parseArgs } from "node:util";
import type { Drill } from "./drill/Drill.ts";
import { randomMix } from "./drill/drills/randomMix.ts";
import { drills } from "./drill/drillTable.ts";
import { formatDetails, formatList, formatTable } from "./drill/report.ts";
import { runDrill } from "./drill/runDrill.ts";
import type { DrillResult } from "./drill/runDrill.ts";

/*
 * `pnpm drill [NAME …]`: real servers, real Redis, faults made on purpose, and everything compared
 * afterwards. Without names all that are not long; `--list` says what each shows;
 * `--minutes M [--seed S]` makes faults of all kinds for so long, in the order that the seed gives.
 */

const SEED_MAX = 1_000_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    list: { type: "boolean", default: false },
    minutes: { type: "string" },
    seed: { type: "string" },
  },
});

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => process.exit(130)); // what it started ends with it
}

const chosen = values.minutes === undefined ? choose(positionals) : [mixFor(values.minutes)];
if (values.list || (positionals.length === 0 && chosen.length > 1)) console.log(formatList(drills));
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

function mixFor(minutes: string): Drill {
  const seed = wholeNumber("seed", values.seed ?? String(Math.ceil(Math.random() * SEED_MAX)));
  const say = (sentence: string): void => console.log(`    ${sentence}`);
  return randomMix({ minutes: wholeNumber("minutes", minutes), seed, say });
}

function wholeNumber(name: string, text: string): number {
  if (/^[1-9][0-9]{0,6}$/.test(text)) return Number(text);
  console.error(`--${name} takes a whole number from 1 on, not "${text}"`);
  process.exit(2);
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
