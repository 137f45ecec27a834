import { formatHead } from "@dred/protocol";
import type { ChannelKey } from "@dred/protocol";
import type { CallOptions, CommitReply, Shortening } from "../../replica/ports/Store.ts";
import { toCommitReply } from "./commitReply.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";
import { formatStoredHead } from "./storedHead.ts";

/** Entries that one call removes at most: some milliseconds of Redis's time. */
const PIECE_ENTRIES = 1_000;

/** `StoreSession.shorten`, piece by piece; see lua/shortenLog.lua. */
export async function shortenLog(
  { writes, keys, life }: SessionAccess,
  channel: ChannelKey,
  { origin, expected, head }: Shortening,
  options: CallOptions,
): Promise<CommitReply> {
  const call = {
    script: scripts.shortenLog,
    keys: [keys.meta(channel), keys.log(channel, origin)],
    args: [
      life.epoch,
      life.owner,
      origin,
      formatHead(expected),
      formatStoredHead(head),
      String(PIECE_ENTRIES),
    ],
  };
  for (;;) {
    const reply = parseScriptReply(await writes.run(call, options));
    if (reply.status !== "MORE") return toCommitReply(reply);
  }
}
