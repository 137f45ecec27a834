import { expectThat } from "../properties/expectThat.ts";
import { isMortal } from "../SimChannel.ts";
import type { SimServer } from "../SimServer.ts";
import { looking } from "../posting.ts";
import { members } from "../World.ts";
import type { World } from "../World.ts";
import type { Fault } from "./Fault.ts";
import { between, runningServer } from "./targets.ts";

export const processFaults: readonly Fault[] = [
  {
    name: "kill",
    begin(world) {
      const server = runningServer(world);
      if (server === undefined) return undefined;
      server.kill();
      const end = (): void => server.start();
      return { what: server.name, durationMs: between(world, 0, 6_000), end };
    },
  },
  {
    name: "kill-all",
    begin(world) {
      const killed = members(world).filter(({ isRunning }) => isRunning);
      for (const server of killed) server.kill();
      const end = (): void => killed.forEach((server) => server.start());
      return { what: "all", durationMs: between(world, 0, 1_000), end };
    },
  },
  {
    name: "stop-in-order",
    begin(world) {
      const server = runningServer(world);
      if (server === undefined) return undefined;
      const witnesses = readyOthers(world, server);
      void server.stop().then(() => checkNothingLeftBehind(world, server, witnesses));
      const end = (): void => server.start();
      return { what: server.name, durationMs: between(world, 500, 14_000), end };
    },
  },
  freeze("process-stopped", 60_000),
  freeze("event-loop-blocked", 3_000),
  {
    name: "process-replaced",
    begin(world) {
      const server = runningServer(world);
      if (server === undefined) return undefined;
      server.replaceProcess();
      const end = (): void => {
        server.wakeZombies();
        world.clock.after(between(world, 0, 5_000), () => server.killZombies());
      };
      return { what: server.name, durationMs: between(world, 500, 12_000), end };
    },
  },
];

function freeze(name: string, durationMsMax: number): Fault {
  return {
    name,
    begin(world) {
      const server = runningServer(world);
      if (server === undefined) return undefined;
      server.freeze();
      const end = (): void => server.thaw();
      return { what: server.name, durationMs: between(world, 100, durationMsMax), end };
    },
  };
}

function readyOthers(world: World, server: SimServer): Map<SimServer, unknown> {
  const others = members(world).filter((other) => other !== server && other.replica !== undefined);
  return new Map(others.map((other) => [other, other.replica]));
}

/** Nothing that was acknowledged is only there, if some other served all the time and all was well. */
function checkNothingLeftBehind(
  world: World,
  server: SimServer,
  witnesses: ReadonlyMap<SimServer, unknown>,
): void {
  const { ledger, posts } = world;
  const isWatched = [...witnesses].some(([other, replica]) => other.replica === replica);
  if (!world.isQuiet || !isWatched) return;
  const others = members(world).filter((other) => other !== server);
  looking(world, () => {
    for (const { place, ocid, channel } of posts) {
      if (place === undefined || isMortal(channel) || channel.wasDeleted) continue;
      const isOnlyThere =
        ledger.isHeldBySome([server], place) && !ledger.isHeldBySome(others, place);
      expectThat(!isOnlyThere, `R4: ${ocid} was left behind on ${server.name}, which has stopped`);
    }
  });
}
