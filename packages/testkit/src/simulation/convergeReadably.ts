import { toChannelKey } from "@dred/protocol";
import { converge, describeWorld } from "./convergence.ts";
import { hasExpired } from "./posting.ts";
import { readAll } from "./readAll.ts";
import type { SimChannel } from "./SimChannel.ts";
import type { SimServer } from "./SimServer.ts";
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
    const refused = await finished(world, refusedReadings(world));
    if (refused.length === 0) return convergedMs;
    if (reading === READINGS_MAX - 1) return (giveUp(world, refused), convergedMs);
    await pass(world, PAUSE_MS);
    convergedMs += PAUSE_MS + (await converge(world));
  }
  return convergedMs;
}

interface Reading {
  readonly server: SimServer;
  readonly channel: SimChannel;
}

/** What servers that can be reached do not show in full. */
async function refusedReadings(world: World): Promise<Reading[]> {
  const readings = reachable(world).flatMap((server) => {
    const shown = world.channels.filter((channel) => {
      return !hasExpired(world, channel) && server.replica?.channel(channel.name) !== undefined;
    });
    return shown.map((channel) => ({ server, channel }));
  });
  const refused = readings.map(async ({ server, channel }) => {
    const isShown = await readAll(channel, server).then(
      () => true,
      () => false,
    );
    return isShown ? [] : [{ server, channel }];
  });
  return (await Promise.all(refused)).flat();
}

/**
 * What nobody holds any more stays missing where that is known, and pages on which it belongs stay
 * refused (replication.md 4.9). @throws Error where a server says of no log that it is damaged.
 */
function giveUp(world: World, refused: readonly Reading[]): void {
  for (const { server, channel } of refused) {
    const generation = server.replica?.channel(channel.name)?.generation ?? 0;
    const key = toChannelKey(channel.name, generation);
    const logs = server.replica?.replication().origins.flatMap(({ parked }) => parked) ?? [];
    const isDamaged = logs.some((log) => log.channel === key && log.reason === "damaged");
    if (!isDamaged) throw new Error("P12: history cannot be read: " + describeWorld(world));
    channel.isUnreadable = true;
    world.trace.note(`${server.name} cannot show ${channel.name}`);
  }
}
