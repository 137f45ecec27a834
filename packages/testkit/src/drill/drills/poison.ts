import { chainThrough } from "@dred/core";
import { parseChannelKey, parseHead, parseOriginId } from "@dred/protocol";
import { nodeHash } from "@dred/server";
import { call, callWell, ocidsOf, postMany } from "../channelCalls.ts";
import type { Drill } from "../Drill.ts";
import type { DrillNeighborhood } from "../DrillNeighborhood.ts";
import type { Member, MemberName } from "../Member.ts";
import { runDred } from "../runDred.ts";
import { demand, waitFor } from "../waitFor.ts";

const COUNT = 5;
const PARKED_MS_MAX = 20_000;
const PASSES_MS_MAX = 5_000;
/** Logs that were parked are looked at again at least each 30 s. */
const HEALED_MS_MAX = 45_000;
/** More than a frame between servers may have. */
const HUGE_CHARS = 9_000_000;

/** What somebody wrote into a Redis that Dred would never write there. */
export const poison: readonly Drill[] = [
  {
    name: "poison-wrong-type",
    shows:
      "a log's key has another type: that log parks, all else goes on, and it heals without it",
    run: wrongType,
  },
  {
    name: "poison-undecodable",
    shows:
      "an entry that is no message stands in its origin's store: it is removed there, and said",
    run: undecodable,
  },
  {
    name: "poison-oversized",
    shows:
      "an entry larger than a frame stands in its origin's store: that log parks on the others, " +
      "all else goes on, and it heals without it",
    run: oversized,
  },
];

async function wrongType(hood: DrillNeighborhood): Promise<void> {
  const [first, third] = [hood.member("first"), hood.member("third")];
  const channel = await withMessages(hood, "wrong-type");
  const key = await logKey(first, third, channel);
  await third.redis.send("DEL", key);
  await third.redis.send("SET", key, "poison");
  await postMany(first.url, channel, { prefix: "after", count: 1 });
  await isParked(third, channel, "damaged");
  await allElseGoesOn(hood, channel, "first"); // on the third, a page of history lacks some: 503
  await third.redis.send("DEL", key);
  await heals(hood, channel, 2 + COUNT);
}

async function undecodable(hood: DrillNeighborhood): Promise<void> {
  const first = hood.member("first");
  const channel = await withMessages(hood, "undecodable");
  const key = await logKey(first, first, channel);
  await restarted(first, async () => void (await append(first, key, "this is no message")));
  await hood.settle();
  demand(/damaged in the store/.test(first.server.output), "it says nothing of the poison");
  await allElseGoesOn(hood, channel);
  await heals(hood, channel, 1 + COUNT);
}

async function oversized(hood: DrillNeighborhood): Promise<void> {
  const [first, third] = [hood.member("first"), hood.member("third")];
  const channel = await withMessages(hood, "oversized");
  const key = await logKey(first, first, channel);
  const meta = key.replace(/:log:.*$/, ":meta");
  const field = `h:${key.slice(key.lastIndexOf(":") + 1)}`;
  const head = String(await first.redis.send("HGET", meta, field));
  const msg = "x".repeat(HUGE_CHARS);
  const line = JSON.stringify({ channel, nbh: hood.name, type: "note", msg, ocid: "huge" });
  let place = "";
  await restarted(first, async () => {
    place = await append(first, key, line);
  });
  await isParked(third, channel, "undecodable");
  await allElseGoesOn(hood, channel);
  const alarms = third.server.output.split("a log was parked").length - 1;
  demand(alarms === 1, `it is alarmed ${alarms} times of one log`);
  await restarted(first, async () => {
    await first.redis.send("XDEL", key, place);
    await first.redis.send("HSET", meta, field, head);
  });
  await heals(hood, channel, 1 + COUNT);
}

/** Ends a server in order, does something to its store, and starts it again. */
async function restarted({ server }: Member, meanwhile: () => Promise<void>): Promise<void> {
  await server.terminate();
  await meanwhile();
  server.start();
  await server.ready();
}

/** A channel with messages of the first server, which all servers hold. */
async function withMessages(hood: DrillNeighborhood, channel: string): Promise<string> {
  const { url } = hood.member("first");
  await callWell("POST", `${url}/channel/${channel}`, {});
  await hood.settle();
  await postMany(url, channel, { prefix: "before", count: COUNT });
  await hood.settle();
  return channel;
}

/** The key in which one server's store keeps the log of another's present origin. */
async function logKey(of: Member, at: Member, channel: string): Promise<string> {
  const { origin } = (await callWell("GET", `${of.url}/replication`)) as {
    readonly origin: string;
  };
  const [key] = (await at.redis.send("KEYS", `dred:*{${channel}~0}:log:${origin}`)) as string[];
  demand(key !== undefined, `${at.name} holds no log of ${origin}`);
  return key;
}

/** Appends a line behind a log's last entry, on a right chain; gives its place. */
async function append({ redis }: Member, key: string, line: string): Promise<string> {
  const [, channel = "", origin = ""] = /\{(.*)\}:log:(.*)$/.exec(key) ?? [];
  const [last] = (await redis.send("XREVRANGE", key, "+", "-", "COUNT", "1")) as [
    string,
    string[],
  ][];
  const before = parseHead(last?.[0]);
  const head = { ts: before.ts + 1, seq: before.seq + 1 };
  const log = { channel: parseChannelKey(channel), origin: parseOriginId(origin) };
  const chain = chainThrough(nodeHash.sha256, log, last?.[1][3] ?? "", { ...head, line });
  const place = `${head.ts}-${head.seq}`;
  await redis.send("XADD", key, place, "l", line, "p", chain);
  return place;
}

async function isParked(member: Member, channel: string, reason: string): Promise<void> {
  await waitFor(`${channel} is parked on ${member.name}`, PARKED_MS_MAX, async () => {
    const told = await runDred("status", "--url", member.url);
    const parked = told.split("\n").filter((line) => line.startsWith("parked: "));
    const isIt = parked.length === 1 && parked[0]?.startsWith(`parked: ${channel}~0 of `) === true;
    return isIt && parked[0]?.includes(`: ${reason}`) === true ? undefined : told;
  });
}

/** Other channels in every direction, and other servers' logs of the same channel. */
async function allElseGoesOn(
  hood: DrillNeighborhood,
  channel: string,
  readAt: MemberName = "third",
): Promise<void> {
  const directions: readonly (readonly [MemberName, MemberName])[] = [
    ["first", "third"],
    ["third", "first"],
    ["second", "third"],
  ];
  for (const [from, to] of directions) await hood.passes(from, to, PASSES_MS_MAX);
  const message = { type: "note", msg: "beside", ocid: "beside" };
  const { status } = await call(
    "POST",
    `${hood.member("second").url}/channel/${channel}/message`,
    message,
  );
  demand(status === 200, `a post beside the poison was answered ${status}`);
  const { url } = hood.member(readAt);
  await waitFor("a message beside the poison", PASSES_MS_MAX, async () =>
    (await ocidsOf(url, channel)).includes("beside") ? undefined : "it has not come",
  );
}

async function heals(hood: DrillNeighborhood, channel: string, count: number): Promise<void> {
  const began = performance.now();
  await hood.settle(HEALED_MS_MAX);
  hood.note(`equal again ${Math.round(performance.now() - began)} ms after the repair`);
  for (const { name, url } of hood.members) {
    const ocids = await ocidsOf(url, channel);
    demand(ocids.length === count, `${name} shows ${ocids.join(", ")}`);
  }
}
