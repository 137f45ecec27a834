import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "redis";
import { ChildProcess } from "./ChildProcess.ts";
import { freePort } from "./freePort.ts";
import { Owned } from "./Owned.ts";

const READY_MS_MAX = 10_000;

/** The Redis databases of the measured servers, one each; closing deletes what lies in them. */
export interface Stores extends AsyncDisposable {
  /** One for each server; never database 0. */
  readonly urls: readonly string[];
}

/**
 * With `REDIS_URL` its databases 1, 2 …, of which only the keys of `neighborhood` are deleted
 * afterwards; else a Redis process of its own for each, with an append-only file that is synced
 * every second, as Dred is meant to be run.
 *
 * @throws Error when there is no `redis-server` on the PATH.
 */
export async function openStores(count: number, neighborhood: string): Promise<Stores> {
  const shared = process.env["REDIS_URL"];
  if (shared !== undefined && shared !== "") return sharedStores(shared, count, neighborhood);
  await using starting = new Owned();
  const urls: string[] = [];
  for (let index = 0; index < count; index++) urls.push(await startRedis(starting));
  const started = starting.move();
  return { urls, [Symbol.asyncDispose]: () => started[Symbol.asyncDispose]() };
}

/** The version that a Redis says it has. */
export async function redisVersion(url: string): Promise<string> {
  const client = await createClient({ url }).connect();
  const info = await client.info("server");
  client.destroy();
  return /redis_version:(\S+)/.exec(info)?.[1] ?? "unknown";
}

/** A Redis's process id, and how much memory it uses for what it holds, in bytes. */
export async function redisCost(url: string): Promise<{ pid: number; usedBytes: number }> {
  const client = await createClient({ url }).connect();
  const info = await client.info();
  client.destroy();
  const numberOf = (name: string): number =>
    Number(new RegExp(`^${name}:(\\d+)`, "m").exec(info)?.[1]);
  return { pid: numberOf("process_id"), usedBytes: numberOf("used_memory") };
}

async function startRedis(owned: Owned): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "dred-bench-"));
  owned.defer(() => rm(directory, { recursive: true, force: true }));
  const port = await freePort();
  const settings = {
    port: String(port),
    bind: "127.0.0.1",
    dir: directory,
    save: "",
    appendonly: "yes",
    appendfsync: "everysec",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
  const redis = owned.use(new ChildProcess("redis-server", "redis-server", args));
  const url = `redis://127.0.0.1:${port}/1`;
  await redis.ready(() => answers(url), READY_MS_MAX);
  return url;
}

async function answers(url: string): Promise<boolean> {
  const client = createClient({ url, socket: { reconnectStrategy: false } });
  client.on("error", () => undefined);
  try {
    await client.connect();
    return (await client.ping()) === "PONG";
  } catch {
    return false;
  } finally {
    if (client.isOpen) client.destroy();
  }
}

function sharedStores(shared: string, count: number, neighborhood: string): Stores {
  const urls = Array.from({ length: count }, (_, index) => new URL(`/${index + 1}`, shared).href);
  return {
    urls,
    async [Symbol.asyncDispose]() {
      for (const url of urls) await deleteKeys(url, neighborhood);
    },
  };
}

async function deleteKeys(url: string, neighborhood: string): Promise<void> {
  const client = await createClient({ url }).connect();
  const pattern = { MATCH: `dred:${neighborhood}:*`, COUNT: 1_000 };
  for await (const keys of client.scanIterator(pattern)) {
    if (keys.length > 0) await client.unlink(keys);
  }
  client.destroy();
}
