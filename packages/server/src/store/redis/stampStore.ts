import type { CallOptions } from "../../replica/ports/Store.ts";
import type { StoreKeys } from "./keys.ts";
import type { RedisConnection } from "./RedisConnection.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { StoreLife } from "./StoreLife.ts";

/**
 * Records that this life of the store begins or continues, in its own record and in the
 * registry; see lua/stampServer.lua and lua/stampRegistry.lua. The owner holds the lease.
 */
export async function stampStore(
  { writes, keys }: { readonly writes: RedisConnection; readonly keys: StoreKeys },
  life: StoreLife,
  options: CallOptions,
): Promise<void> {
  const server = {
    script: scripts.stampServer,
    keys: [keys.server],
    args: [life.owner, life.replid, life.storeId, life.epoch],
  };
  const registry = {
    script: scripts.stampRegistry,
    keys: [keys.registry],
    args: [life.epoch, life.owner, life.replid],
  };
  parseScriptReply(await writes.run(server, options));
  parseScriptReply(await writes.run(registry, options));
}
