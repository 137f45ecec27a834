import type { ChannelKey } from "@dred/protocol";
import type { CallOptions } from "../../replica/ports/Store.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";

/** `StoreSession.settleIndex`; see lua/settleIndex.lua. */
export async function settleIndex(
  { writes, keys, life }: SessionAccess,
  channel: ChannelKey,
  windowMs: number,
  options: CallOptions,
): Promise<void> {
  const call = {
    script: scripts.settleIndex,
    keys: [keys.meta(channel)],
    args: [life.epoch, life.owner, String(windowMs)],
  };
  parseScriptReply(await writes.run(call, options));
}
