import { callWell, ocidsOf, postMany } from "../channelCalls.ts";
import type { Drill } from "../Drill.ts";
import type { DrillNeighborhood } from "../DrillNeighborhood.ts";
import type { Member } from "../Member.ts";
import { runDred } from "../runDred.ts";
import { demand, waitFor } from "../waitFor.ts";

const CHANNEL = "lost";
const COUNT = 10;
const LOST = 5;
const PARKED_MS_MAX = 20_000;

/** What no server has any more. */
export const lost: readonly Drill[] = [
  {
    name: "lost-everywhere",
    shows:
      "the beginning of a log is lost on all servers: the log parks, nothing else does, and " +
      "goes on everywhere once an operator has given that up (dred accept-gap)",
    run: lostEverywhere,
  },
];

async function lostEverywhere(hood: DrillNeighborhood): Promise<void> {
  const [first, second, third] = [
    hood.member("first"),
    hood.member("second"),
    hood.member("third"),
  ];
  await callWell("POST", `${first.url}/channel/${CHANNEL}`, {});
  await hood.settle();
  await postMany(first.url, CHANNEL, { prefix: "l", count: COUNT });
  await hood.settle();
  const origin = await originOf(first);
  for (const { server } of [first, second, third]) await server.terminate();
  await trimByHand(second, origin);
  for (const member of [first, third]) await empty(member);
  for (const { server } of [second, first, third]) server.start();
  for (const { server } of [second, first, third]) await server.ready();

  await waitFor("the log is parked where it lacks", PARKED_MS_MAX, async () => {
    const told = await runDred("status", "--url", third.url);
    return new RegExp(`parked: ${CHANNEL}~0 of ${origin} at 0-0: gap`).test(told)
      ? undefined
      : told;
  });
  await hood.passes("first", "third", 5_000);
  hood.note((await runDred("accept-gap", CHANNEL, origin, "--url", third.url)).trim());
  const began = performance.now();
  await hood.settle();
  hood.note(`all servers were equal ${Math.round(performance.now() - began)} ms later`);
  for (const { name, url } of hood.members) {
    const ocids = await ocidsOf(url, CHANNEL);
    demand(ocids.length === COUNT - LOST, `${name} shows ${ocids.join(", ")}`);
  }
}

async function originOf({ url }: Member): Promise<string> {
  return ((await callWell("GET", `${url}/replication`)) as { readonly origin: string }).origin;
}

async function empty({ redis }: Member): Promise<void> {
  await redis.kill();
  await redis.empty();
  await redis.start();
}

/** As if its server had found the first entries dead, which all others take for alive. */
async function trimByHand({ redis }: Member, origin: string): Promise<void> {
  const [log = ""] = (await redis.send("KEYS", `dred:*{${CHANNEL}~0}:log:${origin}`)) as string[];
  const entries = (await redis.send("XRANGE", log, "-", "+")) as [string, string[]][];
  const [place = "", fields = []] = entries[LOST - 1] ?? [];
  const meta = log.replace(/:log:.*$/, ":meta");
  await redis.send("HSET", meta, `b:${origin}`, `${place}:${fields[3] ?? ""}`);
  await redis.send("XTRIM", log, "MINID", "=", entries[LOST]?.[0] ?? "");
}
