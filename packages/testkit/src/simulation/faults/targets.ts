import { pick } from "../seededRandom.ts";
import type { SimServer } from "../SimServer.ts";
import { members } from "../World.ts";
import type { World } from "../World.ts";

export function anyServer(world: World): SimServer {
  return pick(world.random, members(world));
}

export function runningServer(world: World): SimServer | undefined {
  const running = members(world).filter(({ isRunning, isFrozen }) => isRunning && !isFrozen);
  return running.length === 0 ? undefined : pick(world.random, running);
}

/** Two servers that are not the same; undefined when there is but one. */
export function twoServers(world: World): [SimServer, SimServer] | undefined {
  const all = members(world);
  const first = pick(world.random, all);
  const rest = all.filter((server) => server !== first);
  return rest.length === 0 ? undefined : [first, pick(world.random, rest)];
}

export function between(world: World, least: number, most: number): number {
  return least + world.random() * (most - least);
}
