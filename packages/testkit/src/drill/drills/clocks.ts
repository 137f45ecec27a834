import { callWell } from "../channelCalls.ts";
import type { Drill } from "../Drill.ts";
import type { DrillNeighborhood } from "../DrillNeighborhood.ts";
import { demand, waitFor } from "../waitFor.ts";

const DAY_MS = 86_400_000;
/** A minute beyond the others is allowed, and some for a busy machine. */
const AHEAD_MS_MAX = 75_000;

/** Clocks that are wrong. */
export const clocks: readonly Drill[] = [
  {
    name: "clock-day-ahead",
    shows: "a server a day ahead raises an alarm, and what it stamps stays near the others' time",
    run: (hood) => astray(hood, DAY_MS),
  },
  {
    name: "clock-day-behind",
    shows: "a server a day behind raises an alarm, and its messages come in order all the same",
    run: (hood) => astray(hood, -DAY_MS),
  },
];

async function astray(hood: DrillNeighborhood, offsetMs: number): Promise<void> {
  const wrong = hood.member("second");
  await hood.writeFor(1_000);
  await wrong.server.terminate();
  wrong.server.start({ clockOffsetMs: offsetMs });
  await wrong.server.ready();
  await waitFor("it says that its clock is wrong", 15_000, async () => {
    const { clock } = (await callWell("GET", `${wrong.url}/replication`)) as {
      readonly clock?: { readonly isAstray?: boolean };
    };
    return clock?.isAstray === true ? undefined : JSON.stringify(clock);
  });
  await hood.writeFor(2_000);
  await hood.settle();
  for (const { name, url } of hood.members) {
    const ahead = (await newestTs(url, hood.channels[0] ?? "")) / 1_000 - Date.now();
    demand(ahead < AHEAD_MS_MAX, `the newest message on ${name} is stamped ${ahead} ms ahead`);
  }
  await wrong.server.terminate();
  wrong.server.start();
  await wrong.server.ready();
  await hood.writeFor(500);
}

async function newestTs(url: string, channel: string): Promise<number> {
  const page = await callWell("GET", `${url}/channel/${channel}/messages?limit=1&order=desc`);
  return (page as { readonly messages: { readonly ts: number }[] }).messages[0]?.ts ?? 0;
}
