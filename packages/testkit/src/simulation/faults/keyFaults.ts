import { channelNameOf } from "@dred/protocol";
import { pick } from "../seededRandom.ts";
import { NEIGHBORHOOD } from "../SimServer.ts";
import type { SimServer } from "../SimServer.ts";
import type { World } from "../World.ts";
import type { Fault } from "./Fault.ts";
import { lose } from "./lose.ts";
import { anyServer } from "./targets.ts";

/** How often all keys of a channel go instead of one. */
const WHOLE_CHANNEL = 0.1;

/** Somebody deletes one key of a store, or a whole channel, while its server runs or is down. */
export const keyFaults: readonly Fault[] = [
  {
    name: "key-deleted",
    begin(world) {
      const server = anyServer(world);
      const what = world.random() < 0.1 ? deleteRegistry(world, server) : deleteKey(world, server);
      if (what === undefined) return undefined;
      world.keysLost.add(what);
      return { what: `${server.name} ${what}`, durationMs: 0 };
    },
  },
];

function deleteRegistry(world: World, server: SimServer): string {
  lose(world, server, () => server.disk.area(NEIGHBORHOOD).loseRegistry());
  return "registry";
}

function deleteKey(world: World, server: SimServer): string | undefined {
  const stored = [...server.disk.area(NEIGHBORHOOD).channels];
  if (stored.length === 0) return undefined;
  const [key, channel] = pick(world.random, stored);
  const all = channel.parts();
  const parts = world.random() < WHOLE_CHANNEL ? all : [pick(world.random, all)];
  lose(world, server, () => parts.forEach((part) => channel.remove(part)));
  const name = channelNameOf(key);
  const isIndexLost = parts.some((part) => /^(ocid|twins)/.test(part));
  for (const each of world.channels) {
    if (each.name === name && isIndexLost) each.isIndexLost = true;
  }
  return `${key}:${parts.join()}`;
}
