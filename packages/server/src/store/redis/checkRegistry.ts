import type { CallOptions } from "../../replica/ports/Store.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";

/** Part of `StoreSession.renew`: whether the registry is still ours; see lua/checkRegistry.lua. */
export async function checkRegistry(
  { writes, keys, life }: SessionAccess,
  options: CallOptions,
): Promise<void> {
  const call = {
    script: scripts.checkRegistry,
    keys: [keys.registry],
    args: [life.epoch, life.owner],
  };
  parseScriptReply(await writes.run(call, options));
}
