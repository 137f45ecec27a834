import type { Terminal } from "../Terminal.ts";
import { findRedisProgram, startRedis } from "./redisProgram.ts";

/** What the servers of the development environment keep their messages in. */
export interface DevStore {
  /** One for each server. */
  readonly urls: readonly string[];
  /** For people. */
  readonly description: string;
  /** Ends what was started for it. */
  close(): Promise<void>;
}

/**
 * REDIS_URL, or a Redis of our own where there is the program for it, or memory. Each server gets
 * a numbered database of its own, from 1 on.
 *
 * @throws DredError when a Redis of our own does not start.
 */
export async function provideStore(count: number, terminal: Terminal): Promise<DevStore> {
  const given = terminal.environment["REDIS_URL"];
  if (given !== undefined && given !== "") {
    const description = `the Redis of REDIS_URL, databases 1 to ${count}`;
    return { urls: databases(given, count), description, close: nothing };
  }
  const program = findRedisProgram();
  if (program === undefined) {
    const description = "memory only: there is no redis-server on the PATH, and no REDIS_URL";
    return { urls: Array.from({ length: count }, () => "memory:"), description, close: nothing };
  }
  const redis = await startRedis(program);
  const description = `a ${program} of its own, in .dred/, databases 1 to ${count}`;
  return { urls: databases(redis.url, count), description, close: () => redis.close() };
}

function databases(url: string, count: number): readonly string[] {
  return Array.from({ length: count }, (_, index) => {
    const own = new URL(url);
    own.pathname = `/${index + 1}`;
    return own.href;
  });
}

function nothing(): Promise<void> {
  return Promise.resolve();
}
