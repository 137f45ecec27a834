import { setTimeout as wait } from "node:timers/promises";
import { readHistory } from "../compareServers.ts";
import type { Drill } from "../Drill.ts";
import type { DrillNeighborhood } from "../DrillNeighborhood.ts";
import type { Member } from "../Member.ts";
import { demand } from "../waitFor.ts";

const WRITE_MS = 1_500;
const STOPPED_MS = 60_000;

/** Everything that a server acknowledged is on another one. */
async function othersHold(hood: DrillNeighborhood, gone: Member): Promise<void> {
  const other = hood.members.find(({ name }) => name !== gone.name);
  const pages = hood.channels.map((channel) => readHistory(other?.url ?? "", channel));
  const held = new Set((await Promise.all(pages)).flat().map(({ ocid }) => ocid));
  const own = hood.ledger.acked.filter(({ writer }) => writer.startsWith(`${gone.name}-`));
  const only = own.filter(({ ocid }) => !held.has(ocid)).map(({ ocid }) => ocid);
  hood.note(`${gone.name} had acknowledged ${own.length} when it was gone`);
  demand(only.length === 0, `only ${gone.name} holds ${only.slice(0, 5).join(", ")}`);
}

async function terminate(hood: DrillNeighborhood, member: Member): Promise<void> {
  const began = performance.now();
  const code = await member.server.terminate();
  hood.note(`${member.name} took ${Math.round(performance.now() - began)} ms to end`);
  demand(code === 0, `${member.name} ended with ${String(code)}: ${member.server.output}`);
  await othersHold(hood, member);
}

async function startAgain(hood: DrillNeighborhood, { name, server }: Member): Promise<void> {
  const began = performance.now();
  server.start();
  await server.ready();
  hood.note(`${name} was ready ${Math.round(performance.now() - began)} ms after its start`);
}

/** What may happen to the processes of servers. */
export const processes: readonly Drill[] = [
  {
    name: "server-killed",
    shows: "kill -9 of each server under load: it comes back with everything, in its epoch",
    async run(hood) {
      hood.write();
      for (const member of hood.members) {
        await wait(WRITE_MS);
        await member.server.kill();
        await wait(WRITE_MS);
        await startAgain(hood, member);
      }
      await wait(WRITE_MS);
    },
  },
  {
    name: "server-terminated",
    shows: "SIGTERM during posts: nothing that it acknowledged is only there when it has exited",
    async run(hood) {
      const first = hood.member("first");
      hood.write({ perServer: 6, pauseMs: 2 });
      await wait(WRITE_MS);
      await terminate(hood, first);
      await wait(WRITE_MS);
      await startAgain(hood, first);
      await wait(WRITE_MS);
    },
  },
  {
    name: "rolling-restart",
    shows: "every server is restarted in turn under load, as for a new version",
    async run(hood) {
      hood.write();
      for (const member of hood.members) {
        await wait(WRITE_MS);
        await terminate(hood, member);
        await startAgain(hood, member);
      }
      await wait(WRITE_MS);
    },
  },
  {
    name: "server-stopped-60s",
    shows: "SIGSTOP for 60 s under load: the others go on, afterwards it catches up",
    isLong: true,
    async run(hood) {
      hood.write();
      await wait(WRITE_MS);
      const { server } = hood.member("second");
      server.stop();
      await wait(STOPPED_MS);
      server.goOn();
      await server.ready();
      await wait(WRITE_MS);
    },
  },
];
