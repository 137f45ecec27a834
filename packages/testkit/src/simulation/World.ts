import type { ChannelName } from "@dred/protocol";
import type { Random } from "@dred/server";
import type { SimClock } from "./SimClock.ts";
import type { SimNetwork } from "./SimNetwork.ts";
import type { SimReader } from "./SimReader.ts";
import type { SimServer } from "./SimServer.ts";

/** One post of a simulated client: repeated under its ocid until it is answered. */
export interface SimPost {
  readonly ocid: string;
  readonly content: string;
  /** Set once it was acknowledged. */
  mid: string | undefined;
}

/** Everything of one simulated run. */
export interface World {
  readonly random: Random;
  readonly clock: SimClock;
  readonly network: SimNetwork;
  readonly servers: readonly SimServer[];
  readonly readers: readonly SimReader[];
  readonly posts: SimPost[];
  readonly faults: string[];
  readonly channel: ChannelName;
}

/** Lets simulated time pass; everything that can happen at one moment happens in it. */
export async function pass(world: World, ms: number): Promise<void> {
  const untilMs = world.clock.now() + ms;
  await settle();
  while (world.clock.step(untilMs)) await settle();
}

/**
 * Resolves when every promise that can go on now has done so: Node runs a tick only after all of
 * them. Nothing in the simulation waits for the real event loop, a turn of which costs more.
 */
function settle(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}
