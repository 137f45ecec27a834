import { parseChannelName, parseCursor, parseOriginId, parseServerId } from "@dred/protocol";
import type { ChannelOptions } from "@dred/protocol";
import type { ListenStart, Replica } from "@dred/server";
import { afterEach, describe, expect, test } from "vitest";
import { Hood, readLines, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* Readers that come back after long, to whichever server: what they are told, and by whom. */

type Lines = readonly Record<string, unknown>[];

const NEWS = parseChannelName("news");
const A = { id: parseServerId("a"), url: urlOf("a") };
const B = { id: parseServerId("b"), url: urlOf("b") };

let hood = new Hood();
let posted = 0;

afterEach(() => {
  hood.end();
  hood = new Hood();
});

describe("a reader with an old cursor", () => {
  test("R7: is told of the same gap by the origin, a relay, and one that joined late", async () => {
    const { a, b } = await pair({ maxMessages: 3 });
    await post(a, 2);
    const cursor = await cursorOf(a);
    const [, second] = await history(a);
    await post(a, 8);
    const untrimmed = await read(a, cursor);
    await hood.pass(6_000); // trimmed
    const late = await hood.serving(await hood.start("c", [B]));

    const after = placeOf(second?.["mid"]);
    expect(gapsOf(untrimmed)).toMatchObject([{ after, reason: "max" }]);
    expect(seqOf(gapsOf(untrimmed)[0]?.["through"])).toBe(7);
    expect(notesOf(untrimmed)).toHaveLength(3);
    for (const replica of [a, b, late]) {
      const lines = await read(replica, cursor);
      expect(gapsOf(lines)).toEqual(gapsOf(untrimmed));
      expect(notesOf(lines)).toEqual(notesOf(untrimmed));
    }
  });

  test("R7: is told of one gap when both rules killed, whatever was removed where", async () => {
    const { a, b } = await pair({ maxMessages: 3, messageLifetime: 20_000 });
    await post(a, 2);
    const cursor = await cursorOf(a);
    await post(a, 2);
    await hood.pass(21_000); // these died of age; on b they are removed
    await post(a, 5);
    await hood.until(() => b.channel(NEWS)?.vector.get(a.origin)?.seq === 9);

    const [here, there] = [await read(a, cursor), await read(b, cursor)];

    expect(gapsOf(here)).toMatchObject([{ reason: "max" }]);
    expect(gapsOf(there)).toEqual(gapsOf(here));
    await hood.pass(6_000);
    expect(gapsOf(await read(b, cursor))).toEqual(gapsOf(here));
  });

  test("R7: learns that all died of age, also from a server that never held any of it", async () => {
    const { a, b } = await pair({ messageLifetime: 10_000 });
    await post(a, 1);
    const cursor = await cursorOf(a);
    await post(a, 4);
    await hood.pass(16_000);
    const late = await hood.serving(await hood.start("c", [B]));

    for (const replica of [a, b, late]) {
      const lines = await read(replica, cursor);
      expect(gapsOf(lines)).toMatchObject([{ reason: "life" }]);
      expect(seqOf(gapsOf(lines)[0]?.["through"])).toBe(5);
      expect(notesOf(lines)).toEqual([]);
    }
  });

  test("R7: from the start is told nothing of what died before its first message", async () => {
    const { a } = await pair({ maxMessages: 3 });
    await post(a, 10);

    const lines = await read(a, { kind: "start" });

    expect(gapsOf(lines)).toEqual([]);
    expect(notesOf(lines)).toHaveLength(3);
  });

  test("R7: is told of age, not of loss, also while what died is being removed", async () => {
    const server = await hood.start("a");
    const replica = await hood.serving(server);
    await hood.done(replica.createChannel(NEWS, { options: { messageLifetime: 3_000 } }));
    await post(replica, 1);
    const since = await cursorOf(replica);
    await post(replica, 2);
    server.disk.faultOf = (operation) => (operation === "trim" ? "reply-lost" : "none");
    await hood.pass(12_000); // the store has removed them, and nobody has heard that it did

    const lines = await read(replica, since);

    expect(gapsOf(lines)).toMatchObject([{ reason: "life" }]);
  });

  test("waits for nobody when it names an origin that nobody knows", async () => {
    const { a } = await pair({});
    await post(a, 1);
    const ghost = parseOriginId("ghost.m2k9xqa700");
    const vector = new Map([[ghost, { ts: 1_760_000_000_000_000, seq: 7 }]]);
    const lines = readLines(a, NEWS, { kind: "vector", vector, generation: 0 });

    await hood.pass(100);

    expect(notesOf(lines)).toHaveLength(1);
    expect(gapsOf(lines)).toEqual([]);
  });

  test("R6: waits until a server that is behind has what it read, and gets it once", async () => {
    const { a, b } = await pair({});
    await post(a, 1);
    await hood.until(() => b.channel(NEWS)?.count === 1);
    hood.network.cut("a", "b");
    await post(a, 2);
    const lines = readLines(b, NEWS, await cursorOf(a));
    await hood.pass(1_000);
    expect(lines).toEqual([]); // it covers more than b holds: no word yet
    hood.network.healAll();
    hood.network.resetConnections("a");
    await hood.until(() => lines.length === 1);
    await post(a, 1);

    await hood.until(() => notesOf(lines).length > 0);

    expect(lines.map(({ type }) => type)).toEqual(["listening", "note"]);
    expect(seqOf(lines[1]?.["mid"])).toBe(4);
  });

  test("goes on after 3 s with a server that stays behind", async () => {
    const { a, b } = await pair({});
    hood.network.cut("a", "b");
    await post(a, 2);
    const lines = readLines(b, NEWS, await cursorOf(a));

    await hood.pass(3_100);

    expect(lines).toMatchObject([{ type: "listening" }]);
  });

  test("R12: of a deleted generation gets deleted, then the next one from its start", async () => {
    const { a, b } = await pair({});
    await post(a, 3);
    const cursor = await cursorOf(a);
    await hood.done(a.deleteChannel(NEWS));
    const waiting = readLines(a, NEWS, cursor);
    expect(waiting).toEqual([{ type: "deleted", channel: "news", cursor: "c1~sim~news~1" }]);
    await hood.done(a.createChannel(NEWS, { options: {} }));
    await post(a, 2);
    const late = await hood.serving(await hood.start("c", [B]));

    await hood.until(() => notesOf(waiting).length === 2);
    for (const replica of [a, b, late]) {
      const lines = await read(replica, cursor);
      expect(lines[0]).toEqual({ type: "deleted", channel: "news", cursor: "c1~sim~news~1" });
      expect(gapsOf(lines)).toEqual([]);
      expect(notesOf(lines).map(({ mid }) => seqOf(mid))).toEqual([1, 2]);
    }
  });

  test("of a later generation waits until its server has heard of that one", async () => {
    const { a, b } = await pair({});
    hood.network.cut("a", "b");
    await hood.done(a.deleteChannel(NEWS));
    await hood.done(a.createChannel(NEWS, { options: {} }));
    const lines = readLines(b, NEWS, await cursorOf(a));
    await hood.pass(3_500);
    expect(lines).toMatchObject([{ type: "warning" }]);

    hood.network.healAll();
    hood.network.resetConnections("a");
    await hood.until(() => lines.length === 2);

    expect(lines[1]).toMatchObject({ type: "listening" });
  });

  test("P13: of a later generation it is shown nothing of one before, also when that comes first", async () => {
    const { a, b } = await pair({});
    const lines = readLines(b, NEWS, { kind: "vector", vector: new Map(), generation: 2 });
    await hood.done(a.deleteChannel(NEWS));
    await hood.done(a.createChannel(NEWS, { options: {} }));
    await post(a, 1);
    await hood.until(() => b.channel(NEWS)?.count === 1);
    expect(lines).toMatchObject([{ type: "warning" }]);

    await hood.done(a.deleteChannel(NEWS));
    await hood.done(a.createChannel(NEWS, { options: {} }));
    await post(a, 1);

    await hood.until(() => notesOf(lines).length > 0);
    expect(lines.map(({ type }) => type)).toEqual(["warning", "listening", "note"]);
  });
});

async function pair(options: ChannelOptions): Promise<{ a: Replica; b: Replica }> {
  const servers: HoodServer[] = [await hood.start("a", [B]), await hood.start("b", [A])];
  const [a, b] = [await hood.serving(servers[0]!), await hood.serving(servers[1]!)];
  await hood.done(a.createChannel(NEWS, { options }));
  await hood.until(() => b.channel(NEWS) !== undefined);
  return { a, b };
}

async function post(replica: Replica, count: number): Promise<void> {
  for (let left = count; left > 0; left--) {
    const message = { type: "note", msg: "", ocid: `o${posted++}` };
    await hood.done(replica.post(NEWS, message, ""));
  }
}

/** Where somebody stands who has read all that the server holds. */
async function cursorOf(replica: Replica): Promise<ListenStart> {
  const [listening] = await read(replica, { kind: "now" });
  const { vector, generation } = parseCursor(listening?.["cursor"]);
  return { kind: "vector", vector, generation };
}

/** What a reader gets until it is live. */
async function read(replica: Replica, since: ListenStart): Promise<Lines> {
  const lines = readLines(replica, NEWS, since);
  await hood.until(() => lines.some(({ type }) => type === "listening"));
  return lines;
}

async function history(replica: Replica): Promise<Lines> {
  const lines = await hood.history(replica, NEWS);
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

function gapsOf(lines: Lines): Lines {
  return lines.filter(({ type }) => type === "gap");
}

function notesOf(lines: Lines): Lines {
  return lines.filter(({ type }) => type === "note");
}

/** `ts-seq` of a mid. */
function placeOf(mid: unknown): string {
  return String(mid).split("/")[1] ?? "";
}

function seqOf(place: unknown): number {
  return Number(String(place).split("-").at(-1));
}
