import { headOf, toChannelKey } from "@dred/protocol";
import type { ChannelKey } from "@dred/protocol";
import type { Replica } from "@dred/server";
import { looking } from "../posting.ts";
import { NEIGHBORHOOD } from "../SimServer.ts";
import type { SimServer } from "../SimServer.ts";
import type { World } from "../World.ts";
import { expectThat } from "./expectThat.ts";

/** How many scripts of a server's store died, or might have. */
const deaths = new WeakMap<SimServer, number>();

export function noteDeath(server: SimServer): void {
  deaths.set(server, deathsOf(server) + 1);
}

/** Whether scripts of its store died in this run. */
export function hadDeaths(server: SimServer): boolean {
  return deathsOf(server) > 0;
}

/**
 * P16: every channel that a server opened again after scripts died has all between base and head,
 * nothing behind it, no other content and no lower head than before. Where it cannot be opened
 * now, it is looked at when all is at rest.
 */
export async function checkReopened(world: World, server: SimServer): Promise<void> {
  const { replica } = server;
  const before = deathsOf(server);
  for (const { name } of world.channels) {
    const generation = replica?.channel(name)?.generation;
    if (replica === undefined || generation === undefined) continue;
    const logs = await replica.logs(name).catch(() => undefined);
    // A script that has died since waits for the next opening; what was lost is another matter.
    const isOver = deathsOf(server) !== before || world.ledger.lastLossMs > 0;
    if (logs === undefined || isOver || server.replica !== replica) continue;
    looking(world, () =>
      checkChannel(world, server, { key: toChannelKey(name, generation), logs }),
    );
  }
}

function checkChannel(
  world: World,
  server: SimServer,
  at: { readonly key: ChannelKey; readonly logs: Awaited<ReturnType<Replica["logs"]>> },
): void {
  const { key, logs } = at;
  const channel = server.disk.area(NEIGHBORHOOD).channels.get(key);
  if (channel === undefined) return; // deleted meanwhile
  const what = `P16: ${server.name} opened ${key} again, where`;
  for (const [origin, fault] of channel.faults()) {
    expectThat(false, `${what} ${origin} is ${fault}`);
  }
  for (const { origin, head } of logs) {
    const held = headOf(channel.heads, origin);
    expectThat(held.seq >= head.seq, `${what} ${origin} ends at ${held.seq}, not at ${head.seq}`);
  }
  try {
    world.ledger.scanAll(world.servers, world.clock.now());
  } catch (error) {
    expectThat(false, `${what} ${String(error)}`);
  }
}

function deathsOf(server: SimServer): number {
  return deaths.get(server) ?? 0;
}
