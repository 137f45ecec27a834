import { converge, describeWorld } from "./convergence.ts";
import { hasExpired } from "./posting.ts";
import { readAll } from "./readAll.ts";
import { finished, pass, reachable } from "./World.ts";
import type { World } from "./World.ts";

/** How often clients come back to read what a server could not show. */
const READINGS_MAX = 4;
const PAUSE_MS = 2_000;

/**
 * Converges; and where keys of stores were deleted, again after each reading, for that shows what
 * is lost. How long all took.
 */
export async function convergeReadably(world: World): Promise<number> {
  let convergedMs = await converge(world);
  if (world.keysLost.size === 0) return convergedMs;
  for (let reading = 0; reading < READINGS_MAX; reading++) {
    if (await finished(world, isReadable(world))) return convergedMs;
    await pass(world, PAUSE_MS);
    convergedMs += PAUSE_MS + (await converge(world));
  }
  throw new Error("P12: history cannot be read: " + describeWorld(world));
}

/** Whether all servers that can be reached show every channel in full. */
async function isReadable(world: World): Promise<boolean> {
  const readings = reachable(world).flatMap((server) => {
    const shown = world.channels.filter((channel) => {
      return !hasExpired(world, channel) && server.replica?.channel(channel.name) !== undefined;
    });
    return shown.map((channel) => readAll(channel, server));
  });
  const outcomes = await Promise.allSettled(readings);
  return outcomes.every(({ status }) => status === "fulfilled");
}
