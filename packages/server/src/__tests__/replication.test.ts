import { eventually, linked, mkClientFor, redisUrl, testSetup } from "@dred/testkit";
import type { TestServer, TestSetup } from "@dred/testkit";
import { createClient } from "redis";
import { describe, expect, onTestFinished, test } from "vitest";

/** What one reader got of a channel, in the order in which it came. */
interface Inbox {
  readonly texts: string[];
  readonly mids: string[];
}

async function readFrom(name: TestServer["name"], channel: string): Promise<Inbox> {
  const inbox: Inbox = { texts: [], mids: [] };
  const client = mkClientFor(name);
  await client.subscribeToChannels({
    [channel]: (message) => {
      inbox.texts.push(message.msg);
      inbox.mids.push(message.mid);
    },
  });
  return inbox;
}

/** The lines of all logs of a channel in one server's database. */
async function storedLines(setup: TestSetup, database: number, channel: string): Promise<string[]> {
  const redis = createClient({ url: redisUrl(database) });
  onTestFinished(() => redis.close());
  await redis.connect();
  const logs = await redis.keys(`dred:${setup.neighborhood}:{${channel}~0}:log:*`);
  const entries = await Promise.all(logs.map((log) => redis.xRange(log, "-", "+")));
  return entries.flat().map((entry) => String(entry?.message["l"]));
}

/** The state that R8 compares: heads of every origin with their chain hashes, and the registry. */
function stateOf({ server }: TestServer): unknown {
  const { registryDigest, origins } = server.replica().replication();
  const held = origins.filter(({ count }) => count > 0);
  return { registryDigest, heads: held.map(({ origin, digest }) => [origin, digest]) };
}

describe("replication", () => {
  test("a message from c1 to dred1 is received by c2 from dred2, and is in the second database", async () => {
    const setup = await testSetup({ servers: ["first", "second"] });
    const c1 = mkClientFor("first");
    await c1.createChannel("news");
    const inbox = await readFrom("second", "news");

    const { mid } = await c1.postMessage("news", { type: "greeting", msg: "hello", ocid: "o1" });

    await eventually(() => inbox.texts.length > 0);
    expect(inbox).toEqual({ texts: ["hello"], mids: [mid] });
    const [line = ""] = await storedLines(setup, 2, "news");
    expect(JSON.parse(line)).toMatchObject({ msg: "hello", ocid: "o1", type: "greeting" });
  });

  test("R6, R8: three servers hold every message once, whichever took the post, and agree", async () => {
    const setup = await testSetup({ servers: ["first", "second", "third"] });
    const names = ["first", "second", "third"] as const;
    await mkClientFor("first").createChannel("news");
    const inboxes = await Promise.all(names.map((name) => readFrom(name, "news")));
    const clients = names.map((name) => mkClientFor(name));

    await Promise.all(
      Array.from({ length: 60 }, (_, index) =>
        clients[index % 3]!.postMessage("news", { type: "count", msg: `m${index}` }),
      ),
    );

    const expected = Array.from({ length: 60 }, (_, index) => `m${index}`).sort();
    for (const inbox of inboxes) await eventually(() => inbox.texts.length >= 60);
    for (const inbox of inboxes) expect(inbox.texts.toSorted()).toEqual(expected);
    await eventually(() => {
      const states = names.map((name) => JSON.stringify(stateOf(setup.servers[name])));
      return new Set(states).size === 1;
    });
    for (const database of [1, 2, 3]) {
      expect(await storedLines(setup, database, "news")).toHaveLength(60);
    }
    const pages = await Promise.all(clients.map((client) => client.history("news")));
    expect(pages[1]?.messages).toEqual(pages[0]?.messages);
    expect(pages[2]?.messages).toEqual(pages[0]?.messages);
  });

  test("the same ocid on two servers that see each other is one message", async () => {
    await testSetup({ servers: ["first", "second"] });
    const [c1, c2] = [mkClientFor("first"), mkClientFor("second")];
    await c1.createChannel("news");
    const inbox = await readFrom("second", "news");
    const posted = await c1.postMessage("news", { type: "t", msg: "once", ocid: "o1" });
    await eventually(() => inbox.texts.length > 0);

    const again = await c2.postMessage("news", { type: "t", msg: "once", ocid: "o1" });

    expect(again).toMatchObject({ mid: posted.mid, status: "duplicate" });
  });

  test("R4: acks=2 is answered when a second server holds the message, and says so", async () => {
    const { agent } = await testSetup({ servers: ["first", "second"] });
    await agent.post("/channel/news").expect(200);
    const message = { type: "t", msg: "safe", ocid: "o1" };

    const both = await agent.post("/channel/news/message?acks=2").send(message);
    const three = await agent.post("/channel/news/message?acks=3&timeout=200").send(message);

    expect(both.status).toBe(200);
    expect(both.body).toMatchObject({ status: "created", acks: 2 });
    expect(three.status).toBe(202);
    expect(three.body).toMatchObject({ status: "duplicate", acks: 2 });
  });
});

describe("a server is added", () => {
  test("with the address of any one member: it backfills all channels, and the others dial it", async () => {
    const setup = await testSetup({ servers: ["first", "second"] });
    const { first, second, third } = setup.servers;
    const c1 = mkClientFor("first");
    const names = Array.from({ length: 5 }, (_, index) => `channel-${index}`);
    for (const name of names) {
      await c1.createChannel(name);
      await c1.postMessage(name, { type: "t", msg: `old ${name}` });
    }

    await third.start({ hosts: [], join: second.url });
    await linked([first, second, third]);

    const c3 = mkClientFor("third");
    expect(await c3.channels()).toEqual(names);
    for (const name of names) {
      const { messages } = await c3.history(name);
      expect(messages.map(({ msg }) => msg)).toEqual([`old ${name}`]);
    }
    const inbox = await readFrom("first", "channel-0");
    await c3.postMessage("channel-0", { type: "t", msg: "from the new one" });
    await eventually(() => inbox.texts.includes("from the new one"));
    await eventually(() => {
      const states = [first, second, third].map((server) => JSON.stringify(stateOf(server)));
      return new Set(states).size === 1;
    });
  });

  test("in a static list that the others do not have, with the neighborhood's secret", async () => {
    const secret = "a secret that all members have";
    const setup = await testSetup({ servers: ["first", "second"], secret });
    const { first, second, third } = setup.servers;
    await mkClientFor("first").createChannel("news");

    await third.start({ hosts: [first.host, second.host] });
    await linked([first, second, third]);

    const inbox = await readFrom("second", "news");
    await mkClientFor("third").postMessage("news", { type: "t", msg: "here I am" });
    await eventually(() => inbox.texts.length > 0);
    expect(inbox.texts).toEqual(["here I am"]);
  });

  test("after a restart it has what was posted meanwhile, and its own messages", async () => {
    const setup = await testSetup({ servers: ["first", "second"] });
    const { first, second } = setup.servers;
    const c1 = mkClientFor("first");
    await c1.createChannel("news");
    await mkClientFor("second").postMessage("news", { type: "t", msg: "before" });
    await eventually(async () => (await c1.history("news")).messages.length === 1);

    await second.stop();
    await c1.postMessage("news", { type: "t", msg: "meanwhile" });
    await second.start();
    await linked([first, second]);

    const { messages } = await mkClientFor("second").history("news");
    expect(messages.map(({ msg }) => msg)).toEqual(["before", "meanwhile"]);
  });
});

describe("a channel is added", () => {
  test("while everything runs: it exists everywhere at once, and replicates", async () => {
    await testSetup({ servers: ["first", "second", "third"] });
    await mkClientFor("second").createChannel("fresh", { messageLifetime: 600_000 });

    const c3 = mkClientFor("third");
    const inbox = await readFrom("first", "fresh");
    await c3.postMessage("fresh", { type: "t", msg: "at once" });

    await eventually(() => inbox.texts.length > 0);
    expect(await c3.channels()).toEqual(["fresh"]);
    expect((await c3.channelInfo("fresh")).options).toMatchObject({ messageLifetime: 600_000 });
  });

  test("created on two servers at once, it is one channel with one set of options", async () => {
    const setup = await testSetup({ servers: ["first", "second"] });
    const [c1, c2] = [mkClientFor("first"), mkClientFor("second")];

    await Promise.allSettled([
      c1.createChannel("both", { maxMessages: 10 }),
      c2.createChannel("both", { maxMessages: 20 }),
    ]);

    await eventually(() => {
      const { first, second } = setup.servers;
      return JSON.stringify(stateOf(first)) === JSON.stringify(stateOf(second));
    });
    const infos = await Promise.all([c1.channelInfo("both"), c2.channelInfo("both")]);
    expect(infos[0]?.options).toEqual(infos[1]?.options);
    const inbox = await readFrom("second", "both");
    await c1.postMessage("both", { type: "t", msg: "one channel" });
    await eventually(() => inbox.texts.length > 0);
  });

  test("deleted and created again, it shows nothing of what it was, on any server", async () => {
    await testSetup({ servers: ["first", "second"] });
    const [c1, c2] = [mkClientFor("first"), mkClientFor("second")];
    await c1.createChannel("again");
    await c1.postMessage("again", { type: "t", msg: "old", ocid: "o1" });
    await eventually(async () => (await c2.history("again")).messages.length === 1);

    await c2.deleteChannel("again");
    await c2.createChannel("again");
    await c2.postMessage("again", { type: "t", msg: "new", ocid: "o1" });

    await eventually(async () => {
      const { messages } = await c1.history("again");
      expect(messages.map(({ msg }) => msg)).toEqual(["new"]);
      return true;
    });
  });
});
