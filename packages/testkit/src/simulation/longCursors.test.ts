import { parseChannelName, parseCursor, parseServerId } from "@dred/protocol";
import type { ChannelOptions, OriginId } from "@dred/protocol";
import type { ListenStart, Replica } from "@dred/server";
import { afterEach, expect, test } from "vitest";
import { Hood, readLines, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* A server whose store begins one epoch after another: what cursors name of those that are over. */

type Lines = readonly Record<string, unknown>[];

const NEWS = parseChannelName("news");
const [A, B] = ["a", "b"].map((name) => ({ id: parseServerId(name), url: urlOf(name) }));
/** So long after it died by one server's clock a message is dead by every server's. */
const APART_MS = 60_000;

let hood = new Hood();
let posted = 0;

afterEach(() => {
  hood.end();
  hood = new Hood();
});

test("R10: a cursor names no closed epoch whose messages are dead, and is valid everywhere", async () => {
  const { a, b } = await pair({ messageLifetime: 5_000 });
  for (let epoch = 0; epoch < 3; epoch++) {
    await post(a, 2);
    await nextEpoch(a);
  }
  await post(a, 1);
  const long = await cursorOf(a);
  await hood.pass(5_000 + APART_MS);
  const short = await cursorOf(a);
  await post(a, 1);

  expect([sizeOf(long), sizeOf(short)]).toEqual([4, 1]);
  for (const server of [a, b]) {
    const lines = await read(await hood.serving(server), short);
    expect(lines.map(({ type }) => type)).toEqual(["note", "listening"]);
  }
});

test("R7: of an epoch that came and died while it was away a reader is told all the same", async () => {
  const { a, b } = await pair({ messageLifetime: 5_000 });
  await post(a, 1);
  const before = await cursorOf(b);
  await nextEpoch(a);
  await post(a, 3);
  await hood.pass(5_000 + APART_MS);

  const lines = await read(await hood.serving(b), before);

  expect(lines).toMatchObject([{ type: "gap", reason: "life" }, { type: "listening" }]);
});

test("R6: what maxMessages ended is not shown again by a server that has not heard of it", async () => {
  const { a, b } = await pair({ maxMessages: 2 });
  await post(a, 2);
  await hood.until(() => b.keeper.current().channel(NEWS)?.count === 2);
  hood.network.cut("a", "b");
  hood.network.cut("b", "a");
  await nextEpoch(a);
  await post(a, 2);
  const short = await cursorOf(a);
  expect(sizeOf(short)).toBe(1);

  const lines = readLines(b.keeper.current(), NEWS, short);

  await hood.until(() => lines.some(({ type }) => type === "listening"));
  expect(lines.map(({ type }) => type)).toEqual(["listening"]);
});

async function pair(options: ChannelOptions): Promise<{ a: HoodServer; b: HoodServer }> {
  const [a, b] = [await hood.start("a", [B!]), await hood.start("b", [A!])];
  const [first] = [await hood.serving(a), await hood.serving(b)];
  await hood.done(first.createChannel(NEWS, { options }));
  await hood.until(() => b.keeper.current().channel(NEWS) !== undefined);
  return { a, b };
}

/** Its Redis restarts. */
async function nextEpoch(server: HoodServer): Promise<void> {
  const { origin } = await hood.serving(server);
  server.disk.changeReplid();
  await hood.until(() => originOf(server) !== origin && originOf(server) !== undefined);
  await hood.serving(server);
}

/** Undefined between two epochs. */
function originOf({ keeper }: HoodServer): OriginId | undefined {
  try {
    return keeper.current().origin;
  } catch {
    return undefined;
  }
}

async function post(server: HoodServer, count: number): Promise<void> {
  const replica = await hood.serving(server);
  for (let left = count; left > 0; left--) {
    const message = { type: "note", msg: "", ocid: `o${posted++}` };
    await hood.done(replica.post(NEWS, message, ""));
  }
}

/** Where somebody stands who has read all that the server holds. */
async function cursorOf(server: HoodServer): Promise<ListenStart> {
  const [listening] = await read(await hood.serving(server), { kind: "now" });
  const { vector, generation } = parseCursor(listening?.["cursor"]);
  return { kind: "vector", vector, generation };
}

function sizeOf(since: ListenStart): number {
  return since.kind === "vector" ? since.vector.size : 0;
}

/** What a reader gets until it is live. */
async function read(replica: Replica, since: ListenStart): Promise<Lines> {
  const lines = readLines(replica, NEWS, since);
  await hood.until(() => lines.some(({ type }) => type === "listening"));
  return lines;
}
