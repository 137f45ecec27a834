import { setTimeout as wait } from "node:timers/promises";
import { BusyProcesses } from "./BusyProcesses.ts";
import { joinKilled } from "./joinKilled.ts";
import type { Joining } from "./joinKilled.ts";
import type { BackfillOptions } from "./options.ts";
import type { ProcessCost } from "./processCost.ts";
import { Scene } from "./Scene.ts";
import { SteadyPosts } from "./SteadyPosts.ts";
import type { Answers } from "./SteadyPosts.ts";

const BEFORE_MS = 10_000;
/** As many as the server that joins and its Redis. */
const JOINING_PROCESSES = 2;

/**
 * An empty server joins two that hold everything while posts go on, is killed on its way and
 * started again. Prints how long it takes, and what the posters notice of it.
 */
export async function measureBackfill(options: BackfillOptions): Promise<void> {
  await using scene = await Scene.open();
  const { channels, messages: total, killAt, postsPerSecond } = options;
  const startedAt = performance.now();
  const names = await scene.fill(channels, total);
  print("to begin with", `${whole(total)} messages in ${channels} channels on two servers`);
  print("posting them took", seconds(performance.now() - startedAt));

  await using posts = new SteadyPosts(scene.urls, names, postsPerSecond);
  await wait(BEFORE_MS);
  const before = posts.take();
  const joining = await joinKilled(scene.joiner, { total, killAt });
  const during = posts.take();
  const beside = await besideOtherWork(posts);
  await posts.end();
  await scene.converged(3, total + posts.created);

  printJoining(joining, total);
  print("posts before", toText(before));
  print("posts during", toText(during));
  print("posts beside other work", toText(beside));
  print("p99 during / before", (during.p99Ms / before.p99Ms).toFixed(2));
  print("p99 during / other work", (during.p99Ms / beside.p99Ms).toFixed(2));
  for (const { name, server, redis } of await scene.costs()) {
    print(name, `${toCost(server)}; its Redis ${toCost(redis)}`);
  }
}

/** How posts do while this machine has something else to do, and nobody joins. */
async function besideOtherWork(posts: SteadyPosts): Promise<Answers> {
  using _busy = new BusyProcesses(JOINING_PROCESSES);
  await wait(BEFORE_MS);
  return posts.take();
}

function toCost({ residentBytes, processorSeconds }: ProcessCost): string {
  return `${megabytes(residentBytes)}, ${processorSeconds.toFixed(1)} s of a processor`;
}

function printJoining({ runningMs, killedAt, resumedAt }: Joining, total: number): void {
  print("ready after", `${seconds(runningMs)} of running`);
  print("rate", `${whole((total * 1_000) / runningMs)} messages/s`);
  if (killedAt > 0) print("killed with, went on with", `${whole(killedAt)}, ${whole(resumedAt)}`);
}

function toText({ count, failed, p50Ms, p99Ms }: Answers): string {
  return `${whole(count)}, p50 ${p50Ms.toFixed(2)} ms, p99 ${p99Ms.toFixed(2)} ms, ${failed} failed`;
}

function print(name: string, value: string): void {
  console.log(`  ${name.padEnd(28)}${value}`);
}

function whole(value: number): string {
  return Math.round(value).toLocaleString("en-US");
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}
