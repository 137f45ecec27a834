import type { DiskFault } from "@dred/server";
import type { World } from "../World.ts";
import type { Fault } from "./Fault.ts";
import { lose } from "./lose.ts";
import { anyServer, between } from "./targets.ts";

/** Faults of a store that forgets nothing: at worst nobody knows what became of a write. */
export const storeFaults: readonly Fault[] = [
  {
    name: "store-unreachable",
    begin(world) {
      const { disk, name } = anyServer(world);
      disk.isReachable = false;
      const end = (): void => void (disk.isReachable = true);
      return { what: name, durationMs: between(world, 100, 6_000), end };
    },
  },
  ofOperations("store-replies-lost", (world) => (world.random() < 0.3 ? "reply-lost" : "none")),
  ofOperations("store-refuses", (world) => (world.random() < 0.5 ? "unreachable" : "none")),
  ofOperations("store-full", () => "full"),
  slow("store-slow", 100),
  slow("store-very-slow", 8_000),
  {
    name: "store-restarted",
    begin(world) {
      const { disk, name } = anyServer(world);
      disk.changeReplid();
      world.ledger.noteChange(world.clock.now());
      return { what: name, durationMs: 0 };
    },
  },
  {
    name: "store-demoted",
    begin(world) {
      const { disk, name } = anyServer(world);
      disk.changeReplid();
      disk.faultOf = () => "unreachable"; // READONLY
      const end = (): void => {
        disk.changeReplid();
        world.ledger.noteChange(world.clock.now());
        disk.faultOf = () => "none";
      };
      return { what: name, durationMs: between(world, 50, 4_000), end };
    },
  },
];

/** Faults of a store that forgets what it held. */
export const lossFaults: readonly Fault[] = [
  {
    name: "store-flushed",
    begin(world) {
      const server = anyServer(world);
      lose(world, server, () => server.disk.flush());
      return { what: server.name, durationMs: 0 };
    },
  },
  // What is written during the fault is lost at its end: the last k writes.
  snapshot("store-loses-writes", 400),
  // The snapshot is so old that whole epochs may have begun and ended since.
  snapshot("store-restored", 8_000),
];

function snapshot(name: string, ageMsMax: number): Fault {
  return {
    name,
    begin(world) {
      const server = anyServer(world);
      const before = server.disk.snapshot();
      const end = (): void => lose(world, server, () => server.disk.restore(before));
      return { what: server.name, durationMs: between(world, 1, ageMsMax), end };
    },
  };
}

function ofOperations(name: string, faultOf: (world: World) => DiskFault): Fault {
  return {
    name,
    begin(world) {
      const { disk, name: what } = anyServer(world);
      disk.faultOf = () => faultOf(world);
      const end = (): void => void (disk.faultOf = () => "none");
      return { what, durationMs: between(world, 100, 6_000), end };
    },
  };
}

function slow(name: string, leastMs: number): Fault {
  return {
    name,
    begin(world) {
      const { disk, name: server } = anyServer(world);
      disk.delayMs = leastMs * between(world, 0.1, 1.5);
      const end = (): void => void (disk.delayMs = 0);
      return { what: `${server} ${disk.delayMs}`, durationMs: between(world, 500, 6_000), end };
    },
  };
}
