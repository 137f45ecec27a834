import { eventually, testSetup } from "@dred/testkit";
import type { TestServer } from "@dred/testkit";
import { createClient } from "redis";
import { expect, onTestFinished, test } from "vitest";
import { createMessage } from "./news.ts";

type Redis = ReturnType<typeof createClient>;

const BODY = "x".repeat(1_000);
const COUNT = 500;

async function connect({ redisUrl }: TestServer): Promise<Redis> {
  const redis: Redis = createClient({ url: redisUrl });
  await redis.connect();
  onTestFinished(() => redis.close());
  return redis;
}

/** What all keys of the channel take, by Redis's own account. */
async function bytesOf(redis: Redis, neighborhood: string): Promise<number> {
  const sizes = await Promise.all(
    (await keysOf(redis, neighborhood)).map((key) => redis.memoryUsage(key)),
  );
  return sizes.reduce<number>((sum, size) => sum + (size ?? 0), 0);
}

async function keysOf(redis: Redis, neighborhood: string): Promise<string[]> {
  const keys = await redis.keys(`dred:${neighborhood}:*`);
  return keys.filter((key) => key.includes("{news~"));
}

async function create(first: TestServer, options: object): Promise<void> {
  await first.agent.post("/channel/news").send(options).expect(200);
}

async function fill({ agent }: TestServer): Promise<void> {
  const messages = Array.from({ length: COUNT }, () => createMessage({ msg: BODY }));
  await agent.post("/channel/news/messages").send(messages).expect(200);
}

async function info({ agent }: TestServer): Promise<{ count: number; bytes: number }> {
  return (await agent.get("/channel/news").expect(200)).body as { count: number; bytes: number };
}

test("R5: when all messages have died of age, Redis keeps next to nothing, on every server", async () => {
  const setup = await testSetup({ servers: ["first", "second"] });
  const { first, second } = setup.servers;
  await create(first, { messageLifetime: 3_000 });
  await fill(first);
  await eventually(async () => (await info(second)).count === COUNT);
  const redises = [await connect(first), await connect(second)];
  for (const redis of redises) {
    expect(await bytesOf(redis, setup.neighborhood)).toBeGreaterThan(COUNT * BODY.length);
  }

  for (const server of [first, second]) {
    await eventually(async () => (await info(server)).count === 0, 15_000);
  }

  for (const redis of redises) {
    const keys = await keysOf(redis, setup.neighborhood);
    expect(keys.filter((key) => key.includes(":log:"))).toEqual([]);
    // One for each window: the messages may lie on both sides of a full minute.
    for (const index of keys.filter((key) => key.includes(":ocid:"))) {
      expect(await redis.pTTL(index)).toBeLessThanOrEqual(180_000); // three windows of a minute
      await redis.del(index); // what its expiry will do
    }
    expect(await bytesOf(redis, setup.neighborhood)).toBeLessThan(2_000);
  }
});

test("R5: what lies beyond maxMessages is removed exactly, not roughly", async () => {
  const setup = await testSetup();
  const { first } = setup.servers;
  await create(first, { maxMessages: 10 });
  await fill(first);
  const redis = await connect(first);
  const [log = ""] = (await keysOf(redis, setup.neighborhood)).filter((k) => k.includes(":log:"));
  expect(await redis.xLen(log)).toBe(COUNT);

  await eventually(async () => (await info(first)).count === 10, 15_000);

  expect(await redis.xLen(log)).toBe(10);
  expect(await redis.memoryUsage(log)).toBeLessThan(100_000);
});

test("P13: a deleted channel leaves no key behind, on no server", async () => {
  const setup = await testSetup({ servers: ["first", "second"] });
  const { first, second } = setup.servers;
  await create(first, { messageLifetime: 3_600_000 });
  await fill(first);
  await eventually(async () => (await info(second)).count === COUNT);
  const redises = [await connect(first), await connect(second)];
  for (const redis of redises) {
    expect((await keysOf(redis, setup.neighborhood)).length).toBeGreaterThanOrEqual(3);
  }

  await first.agent.delete("/channel/news").expect(200);

  for (const redis of redises) {
    await eventually(async () => (await keysOf(redis, setup.neighborhood)).length === 0);
  }
});
