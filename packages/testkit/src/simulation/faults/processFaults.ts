import { members } from "../World.ts";
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
