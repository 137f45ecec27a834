import type { CallOptions, StoreMemory } from "../../replica/ports/Store.ts";
import { readInfo } from "./readInfo.ts";
import type { RedisConnection } from "./RedisConnection.ts";

/** `StoreSession.memory`: a Redis without `maxmemory` may use what its machine has. */
export async function readMemory(
  connection: RedisConnection,
  options: CallOptions,
): Promise<StoreMemory> {
  const memory = await readInfo(connection, "memory", options);
  const bytesOf = (field: string): number => Number(memory.get(field) ?? 0);
  const usedBytes = bytesOf("used_memory");
  const [setting, machine] = [bytesOf("maxmemory"), bytesOf("total_system_memory")];
  if (setting > 0 && (machine === 0 || setting <= machine)) {
    return { usedBytes, limitBytes: setting, howToRaise: raiseSetting };
  }
  const limitBytes = machine > 0 ? machine : Number.POSITIVE_INFINITY;
  return { usedBytes, limitBytes, howToRaise: moveAway };
}

function raiseSetting(megabytes: number): string {
  return `Raise maxmemory of this Redis to ${megabytes} MB (CONFIG SET maxmemory ${megabytes}mb)`;
}

function moveAway(megabytes: number): string {
  return `Give this server a Redis on a machine that has ${megabytes} MB for it`;
}
