import { formatHead } from "@dred/protocol";
import type { ChannelKey } from "@dred/protocol";
import type { CallOptions, CommitReply, Skip } from "../../replica/ports/Store.ts";
import { toCommitReply } from "./commitReply.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";
import { formatStoredHead } from "./storedHead.ts";

/** `StoreSession.skip`; see lua/skipEntries.lua. */
export async function skipEntries(
  { writes, keys, parts, life }: SessionAccess,
  channel: ChannelKey,
  { origin, expected, base }: Skip,
  options: CallOptions,
): Promise<CommitReply> {
  parts.noteLog(channel, origin);
  const call = {
    script: scripts.skipEntries,
    keys: [keys.meta(channel), keys.log(channel, origin)],
    args: [
      life.epoch,
      life.owner,
      origin,
      formatHead(expected),
      formatStoredHead(base),
      String(base.ts + 1),
    ],
  };
  return toCommitReply(parseScriptReply(await writes.run(call, options)));
}
