import { eventually, mkClientFor, RawListener } from "@dred/testkit";
import type { RedisProcess } from "@dred/testkit";
import { expect, test } from "vitest";
import { BACK_MS_MAX, post, postUntilTaken, setUp, showsAll, startRedis } from "./ownRedis.ts";

/* The Redis of a server fails over: a replica of it goes on in its place, and lacks something. */

/** How many entries of one log of `news` a Redis holds. */
async function heldBy(redis: RedisProcess, origin: string): Promise<number> {
  const [key] = (await redis.send("KEYS", `dred:*:{news~0}:log:${origin}`)) as string[];
  return key === undefined ? 0 : Number(await redis.send("XLEN", key));
}

/** From now on it stays as it is, and is a replica still. */
async function cutOff(replica: RedisProcess): Promise<void> {
  await replica.send("REPLICAOF", "127.0.0.1", "1");
}

test("R2: a replica is promoted on the address of its dead primary: nothing is lost, or given twice", async () => {
  const replica = await startRedis("replica");
  // Before the server: with its first replica a Redis changes its replication id (15.3).
  const { first, server, redis } = await setUp({}, (primary) => replica.follow(primary));
  const origin = server.server.replica().origin;
  const listener = await RawListener.open(first.url, [{ channel: "news", since: "start" }]);
  const texts: string[] = [];
  await mkClientFor("second").subscribeToChannels({ news: ({ msg }) => texts.push(msg) });
  expect(await post(server, "held by both")).toMatchObject({ status: 200 });
  await eventually(async () => (await heldBy(replica, origin)) === 1);
  await cutOff(replica);
  expect(await post(server, "not held by the replica")).toMatchObject({ status: 200 });
  await showsAll(first, ["held by both", "not held by the replica"]);

  await redis.kill();
  await replica.takePort(redis.port);
  expect((await post(server, "during")).status).toBe(503);
  expect(await heldBy(replica, origin)).toBe(1);
  await replica.promote();

  await eventually(() => server.server.replica().origin !== origin, BACK_MS_MAX);
  await postUntilTaken(server, "during");
  await postUntilTaken(server, "after");
  const all = ["held by both", "not held by the replica", "during", "after"];
  await showsAll(server, all);
  await showsAll(first, all);
  const { messages } = await mkClientFor("second").history("news");
  const old = messages.filter(({ mid }) => mid.startsWith(`${origin}/`));
  expect(old.map(({ msg }) => msg)).toEqual(all.slice(0, 2));
  await eventually(() => texts.length >= all.length, BACK_MS_MAX);
  expect([texts, listener.messages.map(({ msg }) => msg)]).toEqual([all, all]);
});
