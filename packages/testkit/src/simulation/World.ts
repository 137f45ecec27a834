import type { Head } from "@dred/protocol";
import type { Log, Random } from "@dred/server";
import type { Ledger } from "./Ledger.ts";
import type { SimChannel } from "./SimChannel.ts";
import type { SimClock } from "./SimClock.ts";
import type { SimNetwork } from "./SimNetwork.ts";
import type { SimPost } from "./SimPost.ts";
import type { SimReader } from "./SimReader.ts";
import type { SimServer } from "./SimServer.ts";
import type { Trace } from "./Trace.ts";
import type { TrafficLimit } from "./TrafficLimit.ts";

/** Everything of one simulated run. */
export interface World {
  readonly random: Random;
  readonly clock: SimClock;
  readonly network: SimNetwork;
  readonly log: Log;
  /** All that were ever there, those that left included. */
  readonly servers: SimServer[];
  /** Those that claim to be a server and have another store; no client turns to them. */
  readonly strangers: SimServer[];
  readonly readers: readonly SimReader[];
  readonly channels: readonly SimChannel[];
  readonly posts: SimPost[];
  readonly ledger: Ledger;
  readonly trace: Trace;
  /** Whether no line, store or process fails: servers are at most stopped in order. */
  readonly isQuiet: boolean;
  /** What each post is long beyond its name. */
  readonly contentChars: number;
  /** How often entries may come to each server; undefined where too much fails to say. */
  readonly trafficMax: TrafficLimit | undefined;
  /** What operators gave up because every store had lost it: `channel~g origin`, and through where. */
  readonly givenUp: Map<string, Head>;
  /** Keys that were deleted in stores; a server notices when somebody reads or writes there. */
  readonly keysLost: Set<string>;
  /** What was found broken where nobody could be told at once. */
  readonly broken: unknown[];
  /** While a part must converge alone: the others, which clients and readers leave. */
  readonly apart: Set<SimServer>;
}

/** The servers that belong to the neighborhood and have not left it. */
export function members({ servers }: World): SimServer[] {
  return servers.filter(({ hasLeft }) => !hasLeft);
}

/** The servers that clients and readers turn to. */
export function reachable(world: World): SimServer[] {
  return members(world).filter((server) => !world.apart.has(server));
}

/** Whether no server that can be reached has the channel, to serve it. */
export function isNowhere(world: World, { name }: SimChannel): boolean {
  return reachable(world).every(({ replica }) => replica?.channel(name) === undefined);
}

/** Lets simulated time pass; everything that can happen at one moment happens in it. */
export async function pass(world: Pick<World, "clock">, ms: number): Promise<void> {
  const untilMs = world.clock.now() + ms;
  await settle();
  while (world.clock.step(untilMs)) await settle();
}

/** Waits, for at most a simulated minute, until a promise of the simulated world is done. */
export async function finished<Value>(
  world: Pick<World, "clock">,
  promise: Promise<Value>,
): Promise<Value> {
  let isDone = false;
  const done = promise.finally(() => (isDone = true));
  done.catch(() => undefined);
  for (let turn = 0; turn < 6_000 && !isDone; turn++) await pass(world, 10);
  if (!isDone) throw new Error("something never ended");
  return done;
}

/**
 * Resolves when every promise that can go on now has done so: Node runs a tick only after all of
 * them. Nothing in the simulation waits for the real event loop, a turn of which costs more.
 */
function settle(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
