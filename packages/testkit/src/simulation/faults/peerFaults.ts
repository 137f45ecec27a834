import { LIAR, Liar } from "../Liar.ts";
import type { World } from "../World.ts";
import type { Fault } from "./Fault.ts";
import { between } from "./targets.ts";

/** Where somebody lies already: two would take each other's address. */
const lying = new WeakSet<World>();

/** A member that lies to all who pull from it, until it is gone. */
export const peerFaults: readonly Fault[] = [
  {
    name: "lying-peer",
    begin(world) {
      if (lying.has(world)) return undefined;
      lying.add(world);
      const liar = new Liar(world);
      const end = (): void => {
        liar.end();
        lying.delete(world);
      };
      return { what: LIAR, durationMs: between(world, 500, 15_000), end };
    },
  },
];
