import { limits, parseChannelKey, parseChannelName, parseServerId } from "@dred/protocol";
import type { ChannelKey, EntriesFrame, LogHead } from "@dred/protocol";
import type { Connection, Replica } from "@dred/server";
import { afterEach, describe, expect, test } from "vitest";
import { FakePuller } from "./FakePuller.ts";
import { Hood, readLines, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* What a server gives to a peer that pulls from it, when, and how much at once. */

const NEWS = parseChannelName("news");
const NEWS_KEY = parseChannelKey("news~0");
const START: readonly [{ readonly ts: 0; readonly seq: 0 }, ""] = [{ ts: 0, seq: 0 }, ""];

let hood = new Hood();
let posts = 0;

afterEach(() => {
  hood.end();
  hood = new Hood();
});

async function serving(name = "news"): Promise<readonly [Replica, HoodServer]> {
  const server = await hood.start("a");
  const replica = await hood.serving(server);
  await hood.done(replica.createChannel(parseChannelName(name), { options: {} }));
  return [replica, server];
}

function post(replica: Replica, msg = "", channel = NEWS): ReturnType<Replica["post"]> {
  return replica.post(channel, { type: "note", msg, ocid: `o${posts++}` }, "");
}

/** Posts them at once, in order. */
async function postAll(replica: Replica, msgs: readonly string[], channel = NEWS): Promise<void> {
  await hood.done(Promise.all(msgs.map((msg) => post(replica, msg, channel))));
}

const fromStart = (...channels: ChannelKey[]): LogHead[] =>
  channels.map((channel) => [channel, ...START]);

const entriesIn = (frames: readonly EntriesFrame[]): number =>
  frames.reduce((sum, { entries }) => sum + entries.length, 0);

/** Characters of its entries. */
const charsOf = ({ entries }: EntriesFrame): number =>
  entries.reduce((sum, { line }) => sum + line.length, 0);

/** What `entries` and `gap` frames took of the peer's credit. */
function takenFrom({ texts }: FakePuller): number {
  const counted = texts.filter((text) => /^\{"type":"(entries|gap)"/.test(text));
  return counted.reduce((sum, text) => sum + text.length, 0);
}

describe("entries", () => {
  test("10.2, 14.8: are with listeners and peers when their post is answered, in the same tick", async () => {
    const [replica, { keeper }] = await serving();
    const sent: string[] = [];
    hood.network.listen(urlOf("a"), {
      name: "a",
      accept: (connection) => keeper.current().acceptPeer(overheard(connection, sent)),
    });
    const puller = await FakePuller.dial(hood, "b", "a");
    puller.send({ type: "pull", origin: replica.origin, logs: [] });
    const lines = readLines(replica, NEWS);
    await hood.pass(100);
    const given: number[] = [];
    const isEntries = (text: string): boolean => text.startsWith('{"type":"entries"');

    await hood.done(
      post(replica).then(() => {
        given.push(lines.filter(({ mid }) => mid !== undefined).length);
        given.push(sent.filter((text) => isEntries(text)).length);
      }),
    );

    expect(given).toEqual([1, 1]);
  });

  test("6.15: of at most 500 and 256,000 characters go together, a larger one goes alone", async () => {
    const [replica] = await serving();
    const msgs = [
      ...Array.from({ length: 1_200 }, () => ""),
      ...Array.from({ length: 5 }, () => "m".repeat(100_000)),
      "l".repeat(300_000),
      "",
    ];
    const live = await FakePuller.dial(hood, "b", "a");
    live.send({ type: "pull", origin: replica.origin, logs: [] });
    await hood.pass(100);
    await postAll(replica, msgs);
    await hood.until(() => entriesIn(live.all("entries")) === msgs.length);
    const late = await FakePuller.dial(hood, "c", "a");
    late.send({ type: "fetch", origin: replica.origin, logs: fromStart(NEWS_KEY) });
    await hood.until(() => entriesIn(late.all("entries")) === msgs.length);

    for (const puller of [live, late]) {
      const frames = puller.all("entries");
      const large = frames.filter((frame) => charsOf(frame) > limits.BATCH_CHARS_MAX);
      expect(large.map(({ entries }) => entries.length)).toEqual([1]);
      expect(Math.max(...frames.map(({ entries }) => entries.length))).toBeLessThanOrEqual(500);
    }
    // Together indeed: as many as there may be.
    expect(live.all("entries").some(({ entries }) => entries.length === 500)).toBe(true);
  });

  test("14.8: that a peer lacks come in pages of 30, from all logs in turn", async () => {
    const channels = ["one", "two", "three"].map((name) => parseChannelName(name));
    const [replica] = await serving("one");
    for (const name of channels.slice(1)) {
      await hood.done(replica.createChannel(name, { options: {} }));
    }
    for (const name of channels) {
      await postAll(
        replica,
        Array.from({ length: 75 }, () => ""),
        name,
      );
    }
    const keys = channels.map((name) => parseChannelKey(`${name}~0`));
    const puller = await FakePuller.dial(hood, "b", "a");

    puller.send({ type: "pull", origin: replica.origin, logs: fromStart(...keys) });
    await hood.until(() => entriesIn(puller.all("entries")) === 225);

    const frames = puller.all("entries");
    expect(frames.map(({ channel }) => channel)).toEqual([...keys, ...keys, ...keys]);
    const counts = frames.map(({ entries }) => entries.length);
    expect(counts).toEqual([30, 30, 30, 30, 30, 30, 15, 15, 15]);
  });
});

describe("credit", () => {
  const msg = "é".repeat(200_000); // two bytes each: it is characters that count

  test("6.14: is used up by what is behind, and one frame more; then as much comes as is given back", async () => {
    const [replica] = await serving();
    for (let count = 0; count < 30; count++) await postAll(replica, [msg]);
    const puller = await FakePuller.dial(hood, "b", "a");

    puller.send({ type: "pull", origin: replica.origin, logs: fromStart(NEWS_KEY) });
    await hood.pass(5_000);
    const taken = takenFrom(puller);
    const last = puller.texts.findLast((text) => text.startsWith('{"type":"entries"'));
    expect(taken).toBeGreaterThanOrEqual(limits.LINK_CREDIT_BYTES);
    expect(taken - (last?.length ?? 0)).toBeLessThan(limits.LINK_CREDIT_BYTES);

    const frames = puller.all("entries").length;
    puller.send({ type: "credit", bytes: taken - limits.LINK_CREDIT_BYTES });
    await hood.pass(1_000);
    expect(puller.all("entries")).toHaveLength(frames); // nothing above 0 yet
    puller.send({ type: "credit", bytes: 1 });
    await hood.pass(1_000);
    expect(puller.all("entries")).toHaveLength(frames + 1);
  });

  test("6.14, R10: without it what is posted waits in the store, and comes in order when it is given back", async () => {
    const [replica] = await serving();
    const puller = await FakePuller.dial(hood, "b", "a");
    puller.send({ type: "pull", origin: replica.origin, logs: [] });
    await hood.pass(100);

    for (let count = 0; count < 30; count++) await postAll(replica, [msg]);
    await hood.pass(1_000);
    const taken = takenFrom(puller);
    expect(taken).toBeGreaterThanOrEqual(limits.LINK_CREDIT_BYTES);
    expect(taken).toBeLessThan(limits.LINK_CREDIT_BYTES + msg.length + 1_000);

    puller.send({ type: "credit", bytes: taken });
    await hood.until(() => entriesIn(puller.all("entries")) === 30);
    const seqs = puller.all("entries").flatMap(({ entries }) => entries.map(({ seq }) => seq));
    expect(seqs).toEqual(Array.from({ length: 30 }, (_, index) => index + 1));
  });
});

describe("a link", () => {
  test("6.12: on which the dialler sends a frame of the other side is ended, with a word", async () => {
    await serving();
    const puller = await FakePuller.dial(hood, "b", "a");
    puller.send({ type: "pong", sent: 1, clock: 1 });

    await hood.until(() => puller.isClosed);

    expect(puller.all("bye")).toMatchObject([{ reason: "protocol" }]);
    expect(puller.all("bye")[0]?.detail).toContain("pong");
  });

  test("6.17: of a server that dials again replaces the one before", async () => {
    const [replica] = await serving();
    const before = await FakePuller.dial(hood, "b", "a");
    const other = await FakePuller.dial(hood, "c", "a");
    const after = await FakePuller.dial(hood, "b", "a");

    await hood.until(() => before.isClosed);

    expect(before.all("bye")).toMatchObject([{ reason: "replaced" }]);
    after.send({ type: "pull", origin: replica.origin, logs: [] });
    await hood.pass(100);
    await postAll(replica, [""]);
    await hood.until(() => entriesIn(after.all("entries")) === 1);
    expect([after.isClosed, other.isClosed]).toEqual([false, false]);
  });
});

test("6.9: a hello tells the largest epoch known of every server, those that are gone as well", async () => {
  const [replica, server] = await serving();
  const own = replica.origin.slice("a.".length);
  const late = await hood.start("b", [{ id: parseServerId("a"), url: urlOf("a") }]);
  const joined = await hood.serving(late);
  await hood.until(() => server.keeper.current().hosts().length === 2);
  late.kill();

  const puller = await FakePuller.dial(hood, "c", "a");

  const [hello] = puller.all("hello");
  const epochs = { a: own, b: joined.origin.slice("b.".length) };
  expect(hello?.epochs).toEqual(new Map(Object.entries(epochs)));
});

/** The connection, and every text that is sent on it, at the moment in which it is. */
function overheard(connection: Connection, sent: string[]): Connection {
  return {
    isLoopback: connection.isLoopback,
    get bufferedBytes() {
      return connection.bufferedBytes;
    },
    get receivedBytes() {
      return connection.receivedBytes;
    },
    send: (text) => {
      sent.push(text);
      connection.send(text);
    },
    close: () => connection.close(),
    onMessage: (listener) => connection.onMessage(listener),
    onClose: (listener) => connection.onClose(listener),
  };
}
