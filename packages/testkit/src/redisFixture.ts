import { inject } from "vitest";

/**
 * The URL of one numbered database of the Redis that the tests use; within a test only.
 *
 * @param database Tests of the store use 10 to 63 with a neighborhood of their own; 1 to 3 belong
 *   to the servers of the tests, and 0 to nobody.
 * @throws Error when there is no Redis.
 */
export function redisUrl(database: number): string {
  const url = inject("redisUrl");
  if (url === undefined) {
    throw new Error("REDIS_URL is not set: run pnpm test, which starts a Redis for the tests");
  }
  return new URL(`/${database}`, url).href;
}
