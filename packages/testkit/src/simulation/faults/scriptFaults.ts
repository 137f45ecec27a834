import type { DiskFault, DiskOperation } from "@dred/server";
import { checkReopened, noteDeath } from "../properties/reopened.ts";
import type { World } from "../World.ts";
import type { Fault } from "./Fault.ts";
import { anyServer, between } from "./targets.ts";

/** No script makes more writes with the few entries that a call has here, or hardly. */
const WRITES_MAX = 7;

const WRITING: ReadonlySet<DiskOperation> = new Set([
  "openChannel",
  "commit",
  "reindex",
  "settleIndex",
  "shorten",
  "skip",
  "trim",
  "dropChannel",
  "writeRegistry",
]);

/** Scripts of a store die half-way: they do not roll back, and nobody is told how far they came. */
export const scriptFaults: readonly Fault[] = [
  {
    name: "scripts-die",
    begin(world) {
      const server = anyServer(world);
      const { disk, name } = server;
      disk.faultOf = (operation) => {
        const fault = dyingOf(world, operation);
        if (fault !== "none") noteDeath(server);
        return fault;
      };
      const end = (): void => {
        disk.faultOf = () => "none";
        void checkReopened(world, server);
      };
      return { what: name, durationMs: between(world, 100, 4_000), end };
    },
  },
];

function dyingOf({ random }: World, operation: DiskOperation): DiskFault {
  if (!WRITING.has(operation) || random() < 0.5) return "none";
  return { diesAfter: Math.floor(random() * WRITES_MAX) };
}
