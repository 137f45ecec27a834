import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually, freePort, linked, mkClientFor } from "@dred/testkit";
import { RedisProcess, testSetup } from "@dred/testkit";
import type { TestServer } from "@dred/testkit";
import { expect, onTestFinished } from "vitest";

/** Within this time a server has its store again, and what it lost. */
export const BACK_MS_MAX = 15_000;

interface Posted {
  readonly status: number;
  readonly code: string | undefined;
}

/** A Redis of the test's own, which ends with it. */
export async function startRedis(
  name: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<RedisProcess> {
  const directory = await mkdtemp(join(tmpdir(), "dred-own-redis-"));
  onTestFinished(() => rm(directory, { recursive: true }));
  const redis = new RedisProcess(name, await freePort(), join(directory, "data"));
  await redis.start(settings);
  onTestFinished(() => redis.kill());
  return redis;
}

/**
 * A server whose Redis is its own, linked with another one, and a channel `news`.
 *
 * @param prepare What is done to that Redis before the server opens it.
 */
export async function setUp(
  settings: Readonly<Record<string, string>> = {},
  prepare: (redis: RedisProcess) => Promise<unknown> = () => Promise.resolve(),
): Promise<{ first: TestServer; server: TestServer; redis: RedisProcess }> {
  const redis = await startRedis("second", settings);
  await prepare(redis);
  const { first, second } = (await testSetup({ hosts: { first: [] } })).servers;
  await second.start({ hosts: [first.host], store: redis.url });
  onTestFinished(() => second.stop()); // before its Redis ends
  await linked([first, second]);
  await mkClientFor("first").createChannel("news");
  await eventually(async () => (await second.agent.get("/channel/news")).status === 200);
  return { first, server: second, redis };
}

/** Posts one message to `news`; by default its text is its ocid. */
export async function post({ agent }: TestServer, ocid: string, msg = ocid): Promise<Posted> {
  const answer = await agent.post("/channel/news/message").send({ type: "t", msg, ocid });
  return { status: answer.status, code: (answer.body as { code?: string }).code };
}

/** What its history shows, oldest first. */
export async function textsOn({ name }: TestServer): Promise<unknown[]> {
  const { messages } = await mkClientFor(name).history("news");
  return messages.map(({ msg }) => msg);
}

/** Posts one message under one ocid until it is taken. */
export async function postUntilTaken(server: TestServer, ocid: string): Promise<void> {
  await eventually(async () => (await post(server, ocid)).status === 200, BACK_MS_MAX);
}

/** Waits until its history shows these, in whatever order, and nothing else. */
export async function showsAll(server: TestServer, texts: readonly string[]): Promise<void> {
  await eventually(async () => {
    expect(new Set(await textsOn(server))).toEqual(new Set(texts));
    return true;
  }, BACK_MS_MAX);
}
