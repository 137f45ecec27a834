import { setTimeout as wait } from "node:timers/promises";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { call, callWell, postMany } from "../channelCalls.ts";
import type { Drill } from "../Drill.ts";
import type { DrillNeighborhood } from "../DrillNeighborhood.ts";
import type { Member } from "../Member.ts";
import { demand, waitFor } from "../waitFor.ts";

/** What the store has left before it is full, and the texts that fill it. */
const LEFT_BYTES = 2_000_000;
const TEXT_CHARS = 10_000;
const STOPPED_MS = 20_000;
const STOPPED_LONG_MS = 60_000;
/** What a process may grow by while others do not take what it has for them. */
const GROWTH_BYTES_MAX = 150_000_000;

/** Memory that ends, and memory that must not grow. */
export const memory: readonly Drill[] = [
  {
    name: "redis-out-of-memory",
    shows:
      "a store is full: its server answers 507, what expired is still removed, the others go " +
      "on, and it catches up alone once it has memory",
    run: outOfMemory,
  },
  {
    name: "nobody-takes-anything",
    shows: "a listener that never reads and a peer that stands still: memory of the server is flat",
    run: (hood) => nobodyTakes(hood, STOPPED_MS),
  },
  {
    name: "nobody-takes-anything-60s",
    shows: "the same for a minute",
    isLong: true,
    run: (hood) => nobodyTakes(hood, STOPPED_LONG_MS),
  },
];

async function outOfMemory(hood: DrillNeighborhood): Promise<void> {
  const [first, second] = [hood.member("first"), hood.member("second")];
  const short = { messageLifetime: 3_000 };
  await callWell("POST", `${first.url}/channel/short`, short);
  await callWell("POST", `${first.url}/channel/filler`, {});
  await hood.settle();
  await postMany(first.url, "short", { prefix: "short", count: 200, chars: 200 });
  await hood.settle();
  const used = /used_memory:(\d+)/.exec(String(await second.redis.send("INFO", "memory")))?.[1];
  await second.redis.send("CONFIG", "SET", "maxmemory", String(Number(used) + LEFT_BYTES));
  await postMany(first.url, "filler", { prefix: "filler", count: 90, chars: TEXT_CHARS });
  await postMany(first.url, "filler", { prefix: "more", count: 90, chars: TEXT_CHARS });
  await postMany(first.url, "filler", { prefix: "most", count: 90, chars: TEXT_CHARS });
  hood.write({ servers: [first, hood.member("third")] });

  await waitFor("the full server answers 507", 10_000, async () => {
    const message = { type: "note", msg: "x".repeat(TEXT_CHARS), ocid: `full-${Math.random()}` };
    const { status, body } = await call("POST", `${second.url}/channel/filler/message`, message);
    return status === 507 ? undefined : `${status} ${JSON.stringify(body)}`;
  });
  await waitFor("what expired is removed all the same", 30_000, async () => {
    const [log = ""] = (await second.redis.send("KEYS", "dred:*{short~0}:log:*")) as string[];
    const length = log === "" ? 0 : Number(await second.redis.send("XLEN", log));
    return length === 0 ? undefined : `${length} entries are left`;
  });
  const { status } = await call("GET", `${second.url}/channel/filler/messages?limit=1`);
  demand(status === 200, `the full server answers a reader with ${status}`);
  await second.redis.send("CONFIG", "SET", "maxmemory", "0");
  const began = performance.now();
  await hood.stopWriting();
  await hood.settle();
  hood.note(`caught up ${Math.round(performance.now() - began)} ms after it had memory`);
}

async function nobodyTakes(hood: DrillNeighborhood, stoppedMs: number): Promise<void> {
  const [first, second, third] = [
    hood.member("first"),
    hood.member("second"),
    hood.member("third"),
  ];
  const servers = [first, second];
  await hood.writeFor(5_000, { servers, pauseMs: 5, chars: 5_000 });
  const before = await residentBytes(first);
  const deaf = await listenWithoutReading(first, hood.channels);
  third.server.stop();
  hood.write({ servers, perServer: 4, pauseMs: 5, chars: 5_000 });
  let highest = before;
  for (const endMs = performance.now() + stoppedMs; performance.now() < endMs;) {
    await wait(1_000);
    highest = Math.max(highest, await residentBytes(first));
  }
  third.server.goOn();
  await hood.stopWriting();
  deaf.destroy();
  const grown = highest - before;
  hood.note(`${toMB(before)} before, at most ${toMB(highest)} while nobody took anything`);
  demand(grown < GROWTH_BYTES_MAX, `memory grew by ${toMB(grown)}`);
}

/** A listener that asks for everything and takes nothing off its connection. */
async function listenWithoutReading({ url }: Member, channels: readonly string[]): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on("error", () => undefined); // the server may cut it off
  await new Promise((resolve) => socket.once("connect", resolve));
  const body = JSON.stringify(channels.map((channel) => ({ channel, since: "start" })));
  const head = `POST /channels/listen HTTP/1.1\r\nhost: ${hostname}\r\ncontent-type: application/json`;
  socket.write(`${head}\r\ncontent-length: ${body.length}\r\n\r\n${body}`);
  socket.pause();
  return socket;
}

async function residentBytes({ url }: Member): Promise<number> {
  const answer = await fetch(`${url}/metrics`, { signal: AbortSignal.timeout(10_000) });
  const bytes = /^process_resident_memory_bytes(?:\{.*\})? (\S+)$/m.exec(await answer.text())?.[1];
  if (bytes === undefined) throw new Error("/metrics does not tell process_resident_memory_bytes");
  return Number(bytes);
}

function toMB(bytes: number): string {
  return `${Math.round(bytes / 1_000_000)} MB`;
}
