import type { SimServer } from "../SimServer.ts";
import { members } from "../World.ts";
import type { World } from "../World.ts";
import type { Fault } from "./Fault.ts";
import { anyServer, between, twoServers } from "./targets.ts";

const CUT_MS_MAX = 12_000;

export const networkFaults: readonly Fault[] = [
  {
    name: "reset",
    begin(world) {
      const { name } = anyServer(world);
      world.network.resetConnections(name);
      return { what: name, durationMs: 0 };
    },
  },
  {
    name: "reset-one-end",
    begin(world) {
      const { name } = anyServer(world);
      world.network.resetOneEnd(name);
      return { what: name, durationMs: 0 };
    },
  },
  ofPair("cut-direction", (world, a, b) => world.network.cut(a.name, b.name)),
  ofPair("cut-pair", (world, a, b) => {
    world.network.cut(a.name, b.name);
    world.network.cut(b.name, a.name);
  }),
  ofPair("freeze-direction", (world, a, b) => world.network.freeze(a.name, b.name)),
  ofPair("freeze-pair", (world, a, b) => {
    world.network.freeze(a.name, b.name);
    world.network.freeze(b.name, a.name);
  }),
  ofPair("slow-line", (world, a, b) => {
    world.network.slow(a.name, b.name, between(world, 200, 50_000));
  }),
  {
    name: "cut-server",
    begin(world) {
      const server = anyServer(world);
      return isolate(world, server, []);
    },
  },
  {
    name: "cut-but-one",
    begin(world) {
      const pair = twoServers(world);
      return pair && isolate(world, pair[0], [pair[1]]);
    },
  },
  {
    name: "delay",
    begin(world) {
      const { network } = world;
      network.delayMsMax = between(world, 50, 2_000);
      const end = (): void => void (network.delayMsMax = 20);
      return { what: `${network.delayMsMax} ms`, durationMs: between(world, 500, 8_000), end };
    },
  },
];

function ofPair(name: string, begin: (world: World, a: SimServer, b: SimServer) => void): Fault {
  return {
    name,
    begin(world) {
      const pair = twoServers(world);
      if (pair === undefined) return undefined;
      const [a, b] = pair;
      begin(world, a, b);
      const end = (): void => {
        world.network.heal(a.name, b.name);
        world.network.heal(b.name, a.name);
      };
      return { what: `${a.name} ${b.name}`, durationMs: between(world, 100, CUT_MS_MAX), end };
    },
  };
}

/** Cuts one server from all others but `spared`, both ways. */
function isolate(
  world: World,
  server: SimServer,
  spared: readonly SimServer[],
): ReturnType<Fault["begin"]> {
  const others = members(world).filter((other) => other !== server && !spared.includes(other));
  for (const { name } of others) {
    world.network.cut(server.name, name);
    world.network.cut(name, server.name);
  }
  const end = (): void => {
    for (const { name } of others) {
      world.network.heal(server.name, name);
      world.network.heal(name, server.name);
    }
  };
  return { what: server.name, durationMs: between(world, 100, CUT_MS_MAX), end };
}
