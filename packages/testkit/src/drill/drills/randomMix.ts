import { setTimeout as wait } from "node:timers/promises";
import type { Random } from "@dred/server";
import { pick, seededRandom } from "../../simulation/seededRandom.ts";
import { checkpoint } from "../checkpoint.ts";
import { askReplication } from "../compareServers.ts";
import type { Drill } from "../Drill.ts";
import type { DrillNeighborhood } from "../DrillNeighborhood.ts";
import type { Member } from "../Member.ts";
import { waitFor } from "../waitFor.ts";
import * as store from "./storeFaults.ts";
import type { StoreFault } from "./storeFaults.ts";

const HOLD_MS_MIN = 500;
const HOLD_MS_MAX = 6_000;
const PREPARE_MS = 400;
/** How long a server may take to notice that its store has another life. */
const EPOCH_MS_MAX = 20_000;
/** Faults between two comparisons of everything. */
const FAULTS_A_CHECK = 6;
const SLOW_BYTES_PER_SECOND = 100_000;

/** One kind of fault: made, held for a while, healed. */
interface Mixed {
  readonly name: string;
  /** Whether a store may forget what it acknowledged: then all must be equal before. */
  readonly forgets: boolean;
  run(hood: DrillNeighborhood, victims: Victims): Promise<void>;
}

interface Victims {
  readonly one: Member;
  readonly other: Member;
  readonly holdMs: number;
}

export interface MixOptions {
  readonly minutes: number;
  readonly seed: number;
  /** Told of each fault as it is made. */
  readonly say: (sentence: string) => void;
}

/** Faults of all kinds, one after the other, while everybody writes and reads. */
export function randomMix({ minutes, seed, say }: MixOptions): Drill {
  return {
    name: `mix --seed ${seed}`,
    shows: `faults of all kinds for ${minutes} min, in the order that seed ${seed} gives`,
    run: (hood) => runMix(hood, { minutes, seed, say }),
  };
}

async function runMix(hood: DrillNeighborhood, { minutes, seed, say }: MixOptions): Promise<void> {
  const random = seededRandom(seed);
  const began = performance.now();
  const seconds = (): number => Math.round((performance.now() - began) / 1000);
  let convergedMsMax = 0;
  let count = 0;
  const compare = async (): Promise<void> => {
    convergedMsMax = Math.max(convergedMsMax, await checkpoint(hood));
    write(hood);
  };
  write(hood);
  for (; seconds() < minutes * 60; count++) {
    const mixed = pick(random, mix);
    const victims = chooseVictims(hood, random);
    if (mixed.forgets || count % FAULTS_A_CHECK === 0) await compare();
    say(`${seconds()} s: ${mixed.name}, ${victims.one.name} and ${victims.other.name}`);
    await mixed.run(hood, victims);
  }
  hood.note(`${count} faults; equal again within ${convergedMsMax} ms at every comparison`);
}

/** What two stores hold survives the loss of one. */
function write(hood: DrillNeighborhood): void {
  hood.write({ acks: 2, pauseMs: 30 });
}

function chooseVictims({ members }: DrillNeighborhood, random: Random): Victims {
  const one = pick(random, members);
  const other = pick(
    random,
    members.filter((member) => member !== one),
  );
  const holdMs = HOLD_MS_MIN + random() * (HOLD_MS_MAX - HOLD_MS_MIN);
  return { one, other, holdMs };
}

type BreakLink = (hood: DrillNeighborhood, one: Member, other: Member) => void;

function linkFault(name: string, breakLink: BreakLink): Mixed {
  return {
    name,
    forgets: false,
    async run(hood, { one, other, holdMs }) {
      breakLink(hood, one, other);
      await wait(holdMs);
      hood.links.restoreAll();
    },
  };
}

function storeFault(name: string, fault: StoreFault): Mixed {
  return {
    name,
    forgets: true,
    async run(hood, { one }) {
      const breakStore = await fault(hood, one, () => wait(PREPARE_MS));
      const { origin } = await askReplication(one.url);
      await breakStore();
      await waitFor(`a new epoch of ${one.name}`, EPOCH_MS_MAX, async () => {
        const isSame = (await askReplication(one.url)).origin === origin;
        return isSame ? `it is still in ${origin}` : undefined;
      });
      await one.server.ready();
    },
  };
}

type BreakServer = (member: Member, holdMs: number) => Promise<void>;

function serverFault(name: string, breakServer: BreakServer): Mixed {
  return { name, forgets: false, run: (_hood, { one, holdMs }) => breakServer(one, holdMs) };
}

const mix: readonly Mixed[] = [
  linkFault("cut", ({ links }, one, other) => links.cut(one.name, other.name)),
  linkFault("cut one way", ({ links }, one, other) => links.cutOneWay(one.name, other.name)),
  linkFault("frozen", ({ links }, one, other) => links.freeze(one.name, other.name)),
  linkFault("slow", ({ links }, one, other) =>
    links.throttle(one.name, other.name, SLOW_BYTES_PER_SECOND),
  ),
  linkFault("alone", ({ links, members }, one) => {
    for (const { name } of members) if (name !== one.name) links.cut(one.name, name);
  }),
  serverFault("server killed", async ({ server }, holdMs) => {
    await server.kill();
    await wait(holdMs);
    server.start();
    await server.ready();
  }),
  serverFault("server stopped", async ({ server }, holdMs) => {
    server.stop();
    await wait(holdMs * 2);
    server.goOn();
  }),
  serverFault("server terminated", async ({ server }, holdMs) => {
    await server.terminate();
    await wait(holdMs);
    server.start();
    await server.ready();
  }),
  storeFault("Redis killed, end cut off", store.killAndCut),
  storeFault("Redis restarted empty", store.empty),
  storeFault("FLUSHALL", store.flush),
  storeFault("old snapshot", store.oldSnapshot),
  storeFault("replica promoted", store.promoteReplica),
  storeFault("demoted and promoted", store.demoteAndPromote),
];
