import { parseServerId } from "@dred/protocol";
import { SimServer } from "../SimServer.ts";
import { members } from "../World.ts";
import type { World } from "../World.ts";
import type { Fault } from "./Fault.ts";
import { lose } from "./lose.ts";
import { between, runningServer } from "./targets.ts";

/** The servers that may go: the first stays, for a late one may know nobody else. */
function leaver(world: World): SimServer | undefined {
  const server = runningServer(world);
  const isSpared = server === world.servers[0] || members(world).length < 3;
  return isSpared ? undefined : server;
}

export const memberFaults: readonly Fault[] = [
  {
    name: "leave-for-ever",
    begin(world) {
      const server = leaver(world);
      if (server === undefined) return undefined;
      const isDead = world.random() < 0.5;
      if (isDead) server.kill();
      const leave = (): void => {
        if (!server.hasLeft) lose(world, server, () => (server.hasLeft = true));
      };
      // What a killed process was doing at that moment is done before nobody looks any more.
      if (isDead) world.clock.after(1, leave);
      else void server.stop().then(leave);
      const end = (): void => {
        server.kill();
        leave();
        const others = members(world).map(({ replica }) => replica);
        const remover = others.find((replica) => replica !== undefined);
        remover?.removeHost(parseServerId(server.name)).catch(() => undefined); // never listed
      };
      return { what: server.name, durationMs: between(world, 500, 6_000), end };
    },
  },
  {
    name: "server-id-twice",
    begin(world) {
      const server = runningServer(world);
      if (server === undefined) return undefined;
      const { clock, random, network, log } = world;
      const { name } = server;
      const hosts = members(world)
        .map((member) => member.name)
        .filter((host) => host !== name);
      const url = "sim://second-of-its-name";
      const other = new SimServer({ name, url, clock, random, network, log, hosts, skewMs: 0 });
      world.strangers.push(other);
      other.start();
      const end = (): void => {
        other.kill();
        server.start();
      };
      return { what: name, durationMs: between(world, 500, 6_000), end };
    },
  },
];
