import type { CallOptions } from "../../replica/ports/Store.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";

/** `StoreSession.renew`, without the check of the policy; see lua/renewLease.lua. */
export async function renewLease(
  { writes, keys, life, leaseMs }: SessionAccess,
  options: CallOptions,
): Promise<void> {
  const call = {
    script: scripts.renewLease,
    keys: [keys.server],
    args: [life.owner, life.storeId, life.epoch, String(leaseMs)],
  };
  parseScriptReply(await writes.run(call, options));
}
