import type { World } from "../World.ts";
import type { Fault } from "./Fault.ts";
import { anyServer, between } from "./targets.ts";

const HOUR_MS = 3_600_000;
/** Runs in which a clock was wrong: of two that were, nobody could say which is right. */
const astray = new WeakSet<World>();

/** A server starts with a wrong clock, once in a run; it asks the others before it serves. */
export const clockFaults: readonly Fault[] = [
  startWith("started-an-hour-behind", -HOUR_MS),
  startWith("started-a-day-ahead", 24 * HOUR_MS),
];

function startWith(name: string, skewMs: number): Fault {
  return {
    name,
    begin(world) {
      if (astray.has(world)) return undefined;
      astray.add(world);
      const server = anyServer(world);
      const before = server.skewMs;
      const restart = (skew: number): void => {
        server.kill();
        server.skewMs = skew;
        server.start();
      };
      restart(skewMs);
      const end = (): void => restart(before);
      return { what: server.name, durationMs: between(world, 500, 10_000), end };
    },
  };
}
