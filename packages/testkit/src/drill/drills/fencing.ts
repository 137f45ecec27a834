import { setTimeout as wait } from "node:timers/promises";
import { askReplication, findDifference } from "../compareServers.ts";
import type { Drill } from "../Drill.ts";
import type { DrillNeighborhood } from "../DrillNeighborhood.ts";
import type { Member } from "../Member.ts";
import { demand, waitFor } from "../waitFor.ts";
import * as fault from "./storeFaults.ts";
import type { StoreFault } from "./storeFaults.ts";

/** How long the lost tail may take to come back from peers. */
const BACK_MS_MAX = 10_000;
const WRITE_MS = 1_200;
const OUTAGE_MS = 1_500;

function storeDrill(name: string, shows: string, storeFault: StoreFault): Drill {
  return {
    name,
    shows: `${shows}: new epoch, bye to listeners, the lost tail back within 10 s of its own accord`,
    run: (hood) => run(hood, storeFault),
  };
}

/** Once while nobody posts, and once while everybody does. */
async function run(hood: DrillNeighborhood, storeFault: StoreFault): Promise<void> {
  const victim = hood.member("second");
  await faultWhileIdle(hood, victim, storeFault);
  // What two stores hold survives the loss of one. What the victim alone acknowledges may be lost
  // with its store; but no number is given again.
  hood.write({ acks: 2 });
  hood.write({ servers: [victim], pauseMs: 5, mayBeLost: true });
  const breakStore = await storeFault(hood, victim, () => wait(WRITE_MS));
  const { lost } = await breakStore();
  if (lost !== undefined) hood.note(`under load its store lost ${lost} entries`);
  await victim.server.ready();
  await wait(OUTAGE_MS);
}

async function faultWhileIdle(
  hood: DrillNeighborhood,
  victim: Member,
  storeFault: StoreFault,
): Promise<void> {
  const write = async (): Promise<void> => {
    await hood.writeFor(WRITE_MS, { acks: 2 });
    await hood.settle();
  };
  const breakStore = await storeFault(hood, victim, write);
  const { origin } = await askReplication(victim.url);
  const { lost } = await breakStore();
  const backMs = await waitFor("a new epoch, and all that was lost", BACK_MS_MAX, async () => {
    const isSame = (await askReplication(victim.url)).origin === origin;
    return isSame ? `it is still in the epoch ${origin}` : await findDifference(hood.members);
  });
  const { controls } = hood.reader(victim.name);
  const isTold = controls.some(({ type, reason }) => type === "bye" && reason === "epoch");
  demand(isTold, `the reader of ${victim.name} got no bye: ${JSON.stringify(controls)}`);
  const what = lost === undefined ? "" : `${lost} lost entries `;
  hood.note(`idle: ${what}back ${backMs} ms after Redis was`);
}

/** What may happen to the store of one server. */
export const fencing: readonly Drill[] = [
  storeDrill(
    "redis-killed-aof-cut",
    "Redis is killed and the end of its append-only file is lost",
    fault.killAndCut,
  ),
  storeDrill("redis-restarted-empty", "Redis is killed and starts with nothing", fault.empty),
  storeDrill("redis-flushed-idle", "FLUSHALL under a running, idle server", fault.flush),
  storeDrill("redis-old-snapshot", "an old snapshot of Redis is restored", fault.oldSnapshot),
  storeDrill(
    "redis-replica-promoted",
    "a replica of Redis that lags behind is promoted in its place",
    fault.promoteReplica,
  ),
  storeDrill(
    "redis-demoted-promoted",
    "Redis becomes a replica of one that lags behind, and a primary again",
    fault.demoteAndPromote,
  ),
];
