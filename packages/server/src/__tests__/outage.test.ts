import { eventually, linked, mkClientFor, redisUrl, TcpProxy, testSetup } from "@dred/testkit";
import type { TestSetup } from "@dred/testkit";
import { createClient } from "redis";
import { describe, expect, onTestFinished, test } from "vitest";

/** Two servers, of which the second reaches its Redis through a line that can be cut. */
async function setUp(): Promise<{ setup: TestSetup; line: TcpProxy }> {
  const line = await TcpProxy.open(redisUrl(2));
  onTestFinished(() => line[Symbol.asyncDispose]());
  const setup = await testSetup({ servers: ["first"], hosts: { first: [] } });
  const { first, second } = setup.servers;
  await second.start({ hosts: [first.host], store: line.url });
  await linked([first, second]);
  await mkClientFor("first").createChannel("news");
  return { setup, line };
}

describe("while Redis is down", () => {
  test("posts get 503 with Retry-After; listeners stay and get what they missed afterwards", async () => {
    const { setup, line } = await setUp();
    const texts: string[] = [];
    const controls: string[] = [];
    await mkClientFor("second").subscribeToChannels(
      { news: ({ msg }) => texts.push(msg) },
      { onControl: ({ type }) => controls.push(type) },
    );
    const { agent } = setup.servers.second;

    line.cut();
    await eventually(() => !setup.servers.second.server.replica().readiness().isStoreReachable);
    const refused = await agent
      .post("/channel/news/message")
      .send({ type: "t", msg: "mine", ocid: "o1" });
    await mkClientFor("first").postMessage("news", { type: "t", msg: "of the first" });
    const notReady = await agent.get("/readyz");
    line.restore();

    expect(refused.status).toBe(503);
    expect(refused.headers["retry-after"]).toBe("1");
    expect(refused.body).toMatchObject({ code: "outcome-unknown" });
    expect(notReady.status).toBe(503);
    await eventually(() => texts.includes("of the first"), 10_000);
    await eventually(async () => {
      const again = { type: "t", msg: "mine", ocid: "o1" };
      return (await agent.post("/channel/news/message").send(again)).status === 200;
    });
    await eventually(() => texts.includes("mine"));
    expect(texts.toSorted()).toEqual(["mine", "of the first"]);
    expect(controls).not.toContain("bye");
  });

  test("R2: a Redis that was emptied begins a new epoch, and gets everything back", async () => {
    const { setup } = await setUp();
    const { second } = setup.servers;
    const [c1, c2] = [mkClientFor("first"), mkClientFor("second")];
    await c2.postMessage("news", { type: "t", msg: "old", ocid: "o1" });
    await eventually(async () => (await c1.history("news")).messages.length === 1);
    const before = second.server.replica().origin;
    const texts: string[] = [];
    await c2.subscribeToChannels({ news: ({ msg }) => texts.push(msg) });

    const redis = createClient({ url: redisUrl(2) });
    await redis.connect();
    await redis.flushDb();
    await redis.close();

    await eventually(() => second.server.replica().origin !== before, 10_000);
    await eventually(async () => {
      const { messages } = await mkClientFor("second").history("news");
      expect(messages.map(({ msg, mid }) => [msg, mid.startsWith(before)])).toEqual([
        ["old", true],
      ]);
      return true;
    }, 10_000);
    await c2.postMessage("news", { type: "t", msg: "new", ocid: "o2" });
    await eventually(() => texts.includes("new"), 10_000);
    expect(texts).toEqual(["new"]);
  });
});
