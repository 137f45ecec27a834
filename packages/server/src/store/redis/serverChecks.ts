import { DredError } from "@dred/protocol";
import type { Log } from "../../replica/ports/Log.ts";
import type { CallOptions } from "../../replica/ports/Store.ts";
import { readInfo } from "./readInfo.ts";
import type { RedisConnection } from "./RedisConnection.ts";

const MAJOR_MIN = 7;
const POLICY = "noeviction";

/**
 * Whether this Redis can hold a store at all: its version, its role, its eviction policy.
 *
 * @throws DredError `store-refused` with what to do about it.
 */
export async function checkServer(
  connection: RedisConnection,
  log: Log,
  options: CallOptions,
): Promise<void> {
  const version = await readInfo(connection, "server", options);
  checkVersion(version.get("redis_version"));
  const replication = await readInfo(connection, "replication", options);
  if (replication.get("role") !== "master") {
    throw new DredError("store-refused", "this Redis is a replica: give the URL of its primary");
  }
  await checkPolicy(connection, log, options);
}

function checkVersion(version = "unknown"): void {
  if (Number.parseInt(version, 10) >= MAJOR_MIN) return;
  throw new DredError(
    "store-refused",
    `this Redis has version ${version}: use Redis ${MAJOR_MIN} or later, or Valkey`,
  );
}

/**
 * Whether Redis keeps what it was given when its memory is full.
 *
 * @throws DredError `store-refused` when it would evict keys.
 */
export async function checkPolicy(
  connection: RedisConnection,
  log: Log,
  options: CallOptions,
): Promise<void> {
  const memory = await readInfo(connection, "memory", options);
  const policy = memory.get("maxmemory_policy") ?? (await askPolicy(connection, options));
  if (policy === undefined) {
    log.warn("the eviction policy cannot be read; it must be noeviction", {});
  } else if (policy !== POLICY) {
    throw new DredError(
      "store-refused",
      `this Redis has maxmemory-policy ${policy} and would drop messages: ` +
        `set it to ${POLICY} (CONFIG SET maxmemory-policy ${POLICY})`,
    );
  }
}

/** Undefined where the user may not ask. */
async function askPolicy(
  connection: RedisConnection,
  options: CallOptions,
): Promise<string | undefined> {
  try {
    const command = ["CONFIG", "GET", "maxmemory-policy"];
    const reply = await connection.send("reading the eviction policy", command, options);
    const value: unknown = Array.isArray(reply) ? reply[1] : undefined;
    return typeof value === "string" ? value : undefined;
  } catch (cause) {
    if (cause instanceof DredError && cause.code === "store-refused") return undefined;
    throw cause;
  }
}
