import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeServer } from "../__tests__/FakeServer.ts";
import { ManualClock } from "../__tests__/ManualClock.ts";
import { cursor, head, listening, message, ORIGIN, OTHER } from "../__tests__/streamLines.ts";
import { StaticHostDiscovery } from "../discovery/StaticHostDiscovery.ts";
import { DredClient } from "../DredClient.ts";
import { isMessage } from "../Subscription.ts";
import type { MessageStream } from "./MessageStream.ts";

let first: FakeServer;
let second: FakeServer;
let clock: ManualClock;
const clients: DredClient[] = [];

beforeEach(async () => {
  first = await FakeServer.open();
  second = await FakeServer.open();
  clock = new ManualClock();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.disconnect()));
  await Promise.all([first.close(), second.close()]);
});

function mkClient(...servers: readonly FakeServer[]): DredClient {
  const discovery = new StaticHostDiscovery(servers.map((server) => server.url));
  const client = new DredClient({ discovery, clock });
  clients.push(client);
  return client;
}

/** The texts of the next `count` messages. */
async function take(stream: MessageStream, count: number): Promise<string[]> {
  const iterator = stream[Symbol.asyncIterator]();
  const texts: string[] = [];
  while (texts.length < count) {
    const { value, done } = await iterator.next();
    if (done === true) throw new Error(`ended after ${texts.join(", ")}`);
    texts.push(value.msg);
  }
  return texts;
}

describe("listening", () => {
  test("asks for what comes from now on, and says when that begins", async () => {
    const stream = mkClient(first).listen("lobby");
    const listener = await first.nextListener();

    listener.send({ type: "heartbeat-info", timerInterval: 7000 }, listening(), message(1));

    await stream.listening;
    expect(listener.targets).toEqual([{ channel: "lobby" }]);
    expect(await take(stream, 1)).toEqual(["m1"]);
  });

  test("R7: after a cut it goes on behind the last message, on the same only host", async () => {
    const stream = mkClient(first).listen("lobby");
    const before = await first.nextListener();
    before.send(listening({ [OTHER]: 7 }), message(1), message(2));
    await take(stream, 2);

    before.cut();

    const after = await first.nextListener();
    expect(after.targets).toEqual([
      { channel: "lobby", since: cursor({ [OTHER]: 7, [ORIGIN]: 2 }) },
    ]);
  });

  test("R7: a cut before the first message loses nothing", async () => {
    const stream = mkClient(first).listen("lobby");
    const before = await first.nextListener();
    before.send(listening({ [ORIGIN]: 4 }));
    await stream.listening;

    before.end();

    const after = await first.nextListener();
    expect(after.targets[0]?.since).toBe(cursor({ [ORIGIN]: 4 }));
  });

  test("a cut before listening began begins anew, not with all that was ever posted", async () => {
    const stream = mkClient(first).listen("lobby");
    const before = await first.nextListener();
    before.send(message(1));
    await take(stream, 1);

    before.cut();

    expect((await first.nextListener()).targets).toEqual([{ channel: "lobby" }]);
  });

  test("a vector and the start are resumed as the vector that was read", async () => {
    const stream = mkClient(first).listen("lobby", { since: "start" });
    const before = await first.nextListener();
    expect(before.targets[0]?.since).toBe("start");
    before.send(message(1), message(2));
    await take(stream, 2);

    before.cut();

    expect((await first.nextListener()).targets[0]?.since).toEqual({ [ORIGIN]: head(2) });
  });

  test("R6: gives once what is sent again, and the twin of what it gave", async () => {
    const stream = mkClient(first).listen("lobby", { since: "start" });
    const listener = await first.nextListener();

    listener.send(message(1), message(2), message(1), message(2));
    listener.send(message(9, { msg: "m1", ocid: "o1" }, OTHER));
    listener.send(message(3));

    expect(await take(stream, 3)).toEqual(["m1", "m2", "m3"]);
  });

  test("R6: gives other content, or another sender, under an ocid it has seen", async () => {
    const stream = mkClient(first).listen("lobby", { since: "start" });
    const listener = await first.nextListener();

    listener.send(message(1, { msg: "a", ocid: "o" }), message(2, { msg: "b", ocid: "o" }));
    listener.send(message(3, { msg: "a", ocid: "o", sender: "x" }));

    expect(await take(stream, 3)).toEqual(["a", "b", "a"]);
  });

  test("R6: a twin is known although the flag of a conflict stands before its text", async () => {
    const stream = mkClient(first).listen("lobby", { since: "start" });
    const listener = await first.nextListener();
    const { mid, ts, ...rest } = message(5, { msg: "m1", ocid: "o1" }, OTHER) as Record<
      string,
      unknown
    >;

    listener.send(message(1), { mid, ts, conflict: true, ...rest }, message(6));

    expect(await take(stream, 2)).toEqual(["m1", "m6"]);
  });

  test("a host that says goodbye is left for those it names", async () => {
    const stream = mkClient(first).listen("lobby");
    const before = await first.nextListener();
    before.send(listening({ [ORIGIN]: 1 }));
    await stream.listening;

    before.send({ type: "bye", reason: "shutdown", hosts: [second.url] });

    const after = await second.nextListener();
    expect(after.targets[0]?.since).toBe(cursor({ [ORIGIN]: 1 }));
  });

  test("a host that misses two heartbeats is left for the next", async () => {
    const stream = mkClient(first, second).listen("lobby");
    const before = await first.nextListener();
    before.send({ type: "heartbeat-info", timerInterval: 500 }, listening());
    await stream.listening;
    await vi.waitFor(() => expect(clock.isAwaited(2_000)).toBe(true));

    clock.advance(2_000);

    await before.closed;
    await second.nextListener();
  });

  test("a gap and a deletion move the position", async () => {
    const client = mkClient(first);
    const stream = client.listen("lobby", { withControlLines: true });
    const listener = await first.nextListener();
    const gap = { type: "gap", channel: "lobby", origin: ORIGIN, reason: "life" };

    listener.send(listening(), { ...gap, after: "0-0", through: head(8) });
    listener.send({ type: "deleted", channel: "lobby", cursor: cursor({}, 1) }, message(9));

    const cursors: (string | undefined)[] = [];
    for await (const item of stream) {
      cursors.push(stream.cursor("lobby"));
      if (isMessage(item)) break;
    }
    expect(cursors).toEqual([
      cursor({}),
      cursor({ [ORIGIN]: 8 }),
      cursor({}, 1),
      cursor({ [ORIGIN]: 9 }, 1),
    ]);
  });

  test("P4: told of a deletion before it had a cursor, it asks for nothing of what is over", async () => {
    const stream = mkClient(first).listen("lobby", { since: "start", withControlLines: true });
    const before = await first.nextListener();
    before.send(message(9), { type: "deleted", channel: "lobby", cursor: cursor({}, 1) });
    for await (const item of stream) if (!isMessage(item)) break;

    expect(stream.cursor("lobby")).toBe(cursor({}, 1));
  });

  test("a channel that does not exist yet is read from its start once it does", async () => {
    const stream = mkClient(first).listen("lobby");
    const before = await first.nextListener();
    before.send({ type: "warning", channel: "lobby", message: "invalid or expired channel" });
    await stream.listening;

    before.cut();

    expect((await first.nextListener()).targets[0]?.since).toBe("start");
  });

  test("each channel of a pattern is resumed from its own position, new ones from the start", async () => {
    const stream = mkClient(first).listen("lob*");
    const before = await first.nextListener();
    before.send(listening({ [ORIGIN]: 3 }), { type: "heartbeat" });
    await stream.listening;

    before.cut();

    expect((await first.nextListener()).targets).toEqual([
      { channel: "lobby", since: cursor({ [ORIGIN]: 3 }) },
      { channel: "lob*", since: "start" },
    ]);
  });

  test("the client's cursor is behind what was handed out, not behind what was read", async () => {
    const client = mkClient(first);
    const stream = client.listen("lobby");
    const listener = await first.nextListener();
    listener.send(listening(), message(1), message(2), message(3));
    await stream.listening;

    await take(stream, 2);

    expect(client.cursor("lobby")).toBe(cursor({ [ORIGIN]: 2 }));
  });

  test("a line is whole wherever its bytes are cut", async () => {
    const stream = mkClient(first).listen("lobby", { since: "start" });
    const listener = await first.nextListener();
    const bytes = Buffer.from(`${JSON.stringify(message(1, { msg: "grün 🌊" }))}\n`);

    for (const byte of bytes) {
      listener.write(Uint8Array.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }

    expect(await take(stream, 1)).toEqual(["grün 🌊"]);
  });

  test("a line that is no JSON ends this stream only", async () => {
    const client = mkClient(first);
    client.listen("lobby");
    (await first.nextListener()).write("<html>\n");

    await first.nextListener();

    expect(client.states()[0]?.lastError).toContain("no JSON");
  });

  test("a request that a host refuses for good is told to the reader", async () => {
    first.refusal = { status: 422, body: { error: "no such cursor", code: "invalid-cursor" } };
    const stream = mkClient(first).listen("lobby");

    await expect(take(stream, 1)).rejects.toMatchObject({
      code: "invalid-cursor",
      detail: "no such cursor",
    });
    await expect(stream.listening).rejects.toMatchObject({ code: "invalid-cursor" });
  });

  test("R10: a slow reader stops the server instead of filling memory, and loses nothing", async () => {
    const stream = mkClient(first).listen("lobby", { since: "start" });
    const listener = await first.nextListener();
    const padding = "x".repeat(10_000);
    const count = 5_000;
    let written = 0;
    const writing = (async () => {
      while (written < count) {
        const line = `${JSON.stringify(message(++written, { msg: `${written} ${padding}` }))}\n`;
        if (!listener.write(line)) await once(listener.response, "drain");
      }
    })();

    const writtenUnread = await settled(() => written);

    expect(writtenUnread).toBeLessThan(count);
    const texts = await take(stream, count);
    await writing;
    expect(texts.map((each) => Number(each.split(" ")[0]))).toEqual(
      Array.from({ length: count }, (_, index) => index + 1),
    );
  });

  test("an aborted signal ends the iteration with its reason and leaves nothing open", async () => {
    const abort = new AbortController();
    const stream = mkClient(first).listen("lobby", { signal: abort.signal });
    const listener = await first.nextListener();
    const next = take(stream, 1);
    const reason = new Error("enough");

    abort.abort(reason);

    await expect(next).rejects.toBe(reason);
    await listener.closed;
    await stream.ended;
  });

  test("leaving the loop closes the connection", async () => {
    const stream = mkClient(first).listen("lobby", { since: "start" });
    const listener = await first.nextListener();
    listener.send(message(1), message(2));

    for await (const each of stream) if (each.msg === "m1") break;

    await listener.closed;
  });

  test("disconnecting ends a reader that nobody reads from, with its queue full", async () => {
    const client = mkClient(first);
    client.listen("lobby", { since: "start" });
    const listener = await first.nextListener();
    for (let n = 1; n <= 3_000; n++) listener.send(message(n));

    await vi.waitFor(() => expect(listener.response.writableLength).toBe(0));
    await client.disconnect();

    await listener.closed;
  });

  test("callbacks get their own channels' messages, patterns the others", async () => {
    const client = mkClient(first);
    const got: string[] = [];
    const subscribed = client.subscribeToChannels({
      lobby: ({ msg }) => got.push(`lobby ${msg}`),
      "lob*": ({ channel }) => got.push(`pattern ${channel}`),
    });
    const listener = await first.nextListener();
    listener.send(listening(), { type: "heartbeat" });
    await subscribed;

    listener.send(message(1), message(2, { channel: "lob-2" }));

    await vi.waitFor(() => expect(got).toEqual(["lobby m1", "pattern lob-2"]));
  });

  test("a callback that throws is told of, and the next message still comes", async () => {
    const client = mkClient(first);
    const errors: unknown[] = [];
    const got: string[] = [];
    client.messageHandler = ({ msg }) => {
      got.push(msg);
      if (msg === "m1") throw new Error("mine");
    };
    const subscribed = client.subscribeToChannels("lobby", {
      onError: (error) => errors.push(error),
    });
    const listener = await first.nextListener();
    listener.send(listening(), message(1), message(2));
    await subscribed;

    await vi.waitFor(() => expect(got).toEqual(["m1", "m2"]));
    expect(errors).toMatchObject([{ message: "mine" }]);
  });
});

/** The value once it has not changed for a hundred turns of the event loop in a row. */
async function settled(read: () => number): Promise<number> {
  let value = read();
  for (let unchanged = 0; unchanged < 100; unchanged++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (read() !== value) unchanged = -1;
    value = read();
  }
  return value;
}
