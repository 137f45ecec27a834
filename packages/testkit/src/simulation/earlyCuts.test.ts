import { DredClient, StaticHostDiscovery } from "@dred/client";
import { parseChannelName, parseServerId } from "@dred/protocol";
import type { ListenStart, Replica } from "@dred/server";
import { afterEach, describe, expect, test } from "vitest";
import { Hood, readLines, urlOf } from "./Hood.ts";
import { SimHttp } from "./SimHttp.ts";
import { SimReader } from "./SimReader.ts";

/* Readers that are cut off before they are live: what they can say of where they stand. */

const NEWS = parseChannelName("news");
const A = { id: parseServerId("a"), url: urlOf("a") };
const B = { id: parseServerId("b"), url: urlOf("b") };
const EMPTY = parseChannelName("empty");

let hood = new Hood();
let posted = 0;

afterEach(() => {
  hood.end();
  hood = new Hood();
});

describe("a reader that is cut off before it is live", () => {
  test("R6: a raw one is shown nothing of what is over elsewhere, and nothing twice", async () => {
    const { a, b } = await parted();
    const happened = { wasDeleted: true, isIndexLost: false, isUnreadable: false };
    const channel = { name: NEWS, options: {}, isIdle: false, ...happened };
    const reader = new SimReader("reader", channel, () => hood.clock.now());
    reader.pause();
    reader.moveTo({ replica: a });
    await hood.until(() => reader.received.length > 0);
    reader.leave();
    reader.resume();

    reader.moveTo({ replica: b });

    await hood.pass(4_000);
    heal();
    await hood.pass(4_000);
    expect(reader.received.map(({ content }) => content)).toEqual(["first", "second"]);
  });

  test("R6: DredClient gives nothing of what is over elsewhere, and nothing twice", async () => {
    const { a, b } = await parted();
    const http = new SimHttp({ a, b });
    const client = mkClient(http);
    const got: string[] = [];
    http.pause();
    const reading = collect(client.listen("news", { since: "start" }), got);
    await hood.until(() => got.length > 0);

    http.cut(); // it goes on at b

    await hood.pass(4_000);
    heal();
    await hood.pass(4_000);
    await client.disconnect();
    await reading;
    expect(got).toEqual(["first", "second"]);
  });
});

describe("the line reading", () => {
  test.each<readonly [string, ListenStart]>([
    ["the start", { kind: "start" }],
    ["a vector", { kind: "vector", vector: new Map() }],
  ])("comes once before the first message for who begins at %s", async (_name, since) => {
    const { a } = await parted();

    const lines = readLines(a, NEWS, since);

    await hood.until(() => lines.length === 4);
    expect(lines[0]).toEqual({ type: "reading", channel: "news", cursor: "c1~sim~news~1" });
    expect(lines.map(({ type }) => type)).toEqual(["reading", "note", "note", "listening"]);
  });

  test("does not come to who has a cursor, begins now, or finds nothing to read", async () => {
    const { a } = await parted();
    await hood.done(a.createChannel(EMPTY, { options: {} }));

    const ofCursor = readLines(a, NEWS, { kind: "vector", vector: new Map(), generation: 1 });
    const fromNow = readLines(a, NEWS);
    const ofNothing = readLines(a, EMPTY, { kind: "start" });

    await hood.pass(1_000);
    expect(ofCursor.map(({ type }) => type)).toEqual(["note", "note", "listening"]);
    expect(fromNow.map(({ type }) => type)).toEqual(["listening"]);
    expect(ofNothing.map(({ type }) => type)).toEqual(["listening"]);
  });
});

/** a has deleted the channel and created it again; b has not heard of that, and takes a post. */
async function parted(): Promise<{ a: Replica; b: Replica }> {
  const servers = [await hood.start("a", [B]), await hood.start("b", [A])] as const;
  const [a, b] = [await hood.serving(servers[0]), await hood.serving(servers[1])];
  await hood.done(a.createChannel(NEWS, { options: {} }));
  await hood.until(() => b.channel(NEWS) !== undefined);
  hood.network.cut("a", "b");
  await hood.done(a.deleteChannel(NEWS));
  await hood.done(a.createChannel(NEWS, { options: {} }));
  await post(a, "first");
  await post(a, "second");
  await post(b, "over");
  return { a, b };
}

function heal(): void {
  hood.network.healAll();
  hood.network.resetConnections("a");
}

async function post(replica: Replica, msg: string): Promise<void> {
  await hood.done(replica.post(NEWS, { type: "note", msg, ocid: `o${posted++}` }, ""));
}

function mkClient(http: SimHttp): DredClient {
  const { clock } = hood;
  return new DredClient({
    discovery: new StaticHostDiscovery(["http://a", "http://b"]),
    fetch: http.fetch,
    clock: {
      now: () => clock.now(),
      after: (delayMs, action) => clock.after(delayMs, action),
      random: () => 0.5,
    },
  });
}

async function collect(
  stream: AsyncIterable<{ readonly msg: string }>,
  into: string[],
): Promise<void> {
  for await (const { msg } of stream) into.push(msg);
}
