import type { ChannelKey } from "@dred/protocol";
import type { CallOptions } from "../../replica/ports/Store.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";

/** `StoreSession.dropChannel`; see lua/dropChannel.lua. */
export async function dropChannel(
  { writes, keys, parts, notes, life }: SessionAccess,
  channel: ChannelKey,
  options: CallOptions,
): Promise<void> {
  await notes.forget(channel, options);
  const call = {
    script: scripts.dropChannel,
    keys: parts.all(channel).map((part) => keys.part(channel, part)),
    args: [life.epoch, life.replid],
  };
  parseScriptReply(await writes.run(call, options));
  parts.forget(channel);
}
