import { setTimeout as wait } from "node:timers/promises";
import type { DrillNeighborhood } from "../DrillNeighborhood.ts";
import type { Member } from "../Member.ts";
import type { RedisProcess } from "../RedisProcess.ts";

/** How much of the append-only file is lost. */
const CUT_PART = 0.3;
/** Long enough for the server to notice, and to try again. */
const DEMOTED_MS = 3_000;

/** Breaks the store; gives how many entries it has lost, where that is known. */
type Break = () => Promise<{ readonly lost?: number }>;

/**
 * Something that may happen to the store of a server, in two steps: the first prepares it.
 *
 * @param write Posts messages; what is posted there last is what the store then forgets, if
 *   anything.
 */
export type StoreFault = (
  hood: DrillNeighborhood,
  victim: Member,
  write: () => Promise<unknown>,
) => Promise<Break>;

export const killAndCut: StoreFault = async (_hood, { redis }, write) => {
  await write();
  return async () => {
    await redis.kill();
    const lost = await redis.cutAof(CUT_PART);
    await redis.start();
    return { lost };
  };
};

export const empty: StoreFault = async (_hood, { redis }, write) => {
  await write();
  return async () => {
    await redis.kill();
    await redis.empty();
    await redis.start();
    return {};
  };
};

export const flush: StoreFault = async (_hood, { redis }, write) => {
  await write();
  return async () => {
    await redis.send("FLUSHALL");
    return {};
  };
};

export const oldSnapshot: StoreFault = async (_hood, { redis }, write) => {
  await write();
  const snapshot = await redis.snapshot();
  await write();
  return async () => {
    await redis.kill();
    await redis.restore(snapshot);
    await redis.start();
    return {};
  };
};

/** The replica stands still before the last posts, and then takes the place of its primary. */
export const promoteReplica: StoreFault = async (hood, victim, write) => {
  const replica = await laggingReplica(hood, victim, write);
  return async () => {
    await victim.redis.kill();
    await replica.takePort(victim.redis.port);
    victim.redis = replica;
    return {};
  };
};

export const demoteAndPromote: StoreFault = async (hood, victim, write) => {
  const other = await laggingReplica(hood, victim, write);
  return async () => {
    await victim.redis.follow(other);
    await wait(DEMOTED_MS);
    await victim.redis.promote();
    await other.stop();
    return {};
  };
};

async function laggingReplica(
  hood: DrillNeighborhood,
  { name, redis }: Member,
  write: () => Promise<unknown>,
): Promise<RedisProcess> {
  const replica = await hood.addRedis(name);
  await replica.start();
  await write();
  await replica.follow(redis);
  await replica.promote();
  await write();
  return replica;
}
