import { availableParallelism, cpus } from "node:os";
import { measureBackfill } from "./backfill/measureBackfill.ts";
import { parseBackfillOptions } from "./backfill/options.ts";
import type { Figures, Measurement } from "./Measurement.ts";
import { ack } from "./measurements/ack.ts";
import { bulk } from "./measurements/bulk.ts";
import { delay } from "./measurements/delay.ts";
import { fanOut } from "./measurements/fanOut.ts";
import { postsOf } from "./measurements/posts.ts";
import { createChannel, startNeighbors } from "./Neighbors.ts";
import { printTable } from "./printTable.ts";
import { redisVersion } from "./Stores.ts";

const all: readonly Measurement[] = [postsOf(1), postsOf(2), delay, ack, bulk, fanOut];

async function measure(measurement: Measurement, isFirst: boolean): Promise<void> {
  await using neighbors = await startNeighbors(measurement.servers);
  if (isFirst) await printMachine(neighbors.storeUrl);
  const rounds: Figures[] = [];
  // The first round warms up: code is compiled, connections are opened.
  for (let round = 0; round <= measurement.rounds; round++) {
    const figures = await measurement.round(neighbors.urls, await createChannel(neighbors));
    if (round > 0) rounds.push(figures);
  }
  printTable(`${measurement.title} [${measurement.name}]`, rounds);
}

async function printMachine(storeUrl: string): Promise<void> {
  const model = cpus()[0]?.model ?? "unknown processor";
  const cores = availableParallelism();
  const redis = await redisVersion(storeUrl);
  const isShared = (process.env["REDIS_URL"] ?? "") !== "";
  console.log(`${cores} cores (${model}), Node ${process.versions.node}, Redis ${redis}`);
  console.log(
    isShared
      ? "All servers share the Redis of REDIS_URL: unset it to give each a process of its own."
      : "Each server has its own Redis process (append-only file, synced every second).",
  );
  console.log(
    "Servers, stores and this load share the cores. Median of the rounds (least – most).",
  );
}

async function measureChosen(wanted: readonly string[]): Promise<void> {
  const unknown = wanted.filter((name) => !all.some((measurement) => measurement.name === name));
  if (unknown.length > 0) {
    const names = all.map(({ name }) => name).join(", ");
    throw new Error(
      `There is no measurement ${unknown.join(", ")}; there are: ${names}, and backfill alone.`,
    );
  }
  const chosen = all.filter(({ name }) => wanted.length === 0 || wanted.includes(name));
  for (const [index, measurement] of chosen.entries()) await measure(measurement, index === 0);
}

// So that its servers end with it.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(1));

const words = process.argv.slice(2).filter((argument) => argument !== "--");
try {
  if (words[0] === "backfill") await measureBackfill(parseBackfillOptions(words.slice(1)));
  else await measureChosen(words);
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
