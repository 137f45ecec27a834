import { fileURLToPath } from "node:url";
import { replaySeed } from "./seeds/replaySeed.ts";
import { runAndReport } from "./seeds/runAndReport.ts";
import { parseSimulateOptions, USAGE } from "./seeds/simulateOptions.ts";
import type { SimulateOptions } from "./seeds/simulateOptions.ts";

/** `pnpm simulate`: runs many seeds of the simulation, or replays one. */

const root = fileURLToPath(new URL("../../..", import.meta.url));

function readOptions(): SimulateOptions | undefined {
  try {
    return parseSimulateOptions(process.argv.slice(2));
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${USAGE}`);
    return undefined;
  }
}

const options = readOptions();
if (options === undefined) process.exitCode = 2;
else if (options.seed !== undefined) process.exitCode = await replaySeed(options.seed);
else process.exitCode = await runAndReport(root, options);
