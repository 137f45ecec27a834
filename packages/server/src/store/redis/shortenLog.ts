import { formatHead, START } from "@dred/protocol";
import type { ChannelKey } from "@dred/protocol";
import type { CallOptions, CommitReply, Shortening } from "../../replica/ports/Store.ts";
import { toCommitReply } from "./commitReply.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";
import { formatStoredHead } from "./storedHead.ts";

/** Entries that one call copies at most: some milliseconds of Redis's time. */
const PIECE_ENTRIES = 200;
/** How long a copy lives when nobody goes on with it. */
const COPY_MS = 60_000;

/**
 * `StoreSession.shorten`; see lua/shortenLog.lua. What is kept is copied first, if entries lie
 * behind it: that takes as much memory again until it is done.
 */
export async function shortenLog(
  access: SessionAccess,
  channel: ChannelKey,
  shortening: Shortening,
  options: CallOptions,
): Promise<CommitReply> {
  const reply = await replaceLog(access, channel, shortening, options);
  if (reply !== "copy") return reply;
  await copyLog(access, channel, shortening, options);
  const then = await replaceLog(access, channel, shortening, options);
  // The log does not hold all that is to be kept, or its base moved meanwhile.
  return then === "copy" ? { status: "mismatch", head: START } : then;
}

async function replaceLog(
  { writes, keys, life }: SessionAccess,
  channel: ChannelKey,
  { origin, expected, head }: Shortening,
  options: CallOptions,
): Promise<CommitReply | "copy"> {
  const call = {
    script: scripts.shortenLog,
    keys: [keys.meta(channel), keys.log(channel, origin), keys.copy(channel, origin)],
    args: [life.epoch, life.owner, origin, formatHead(expected), formatStoredHead(head)],
  };
  const reply = parseScriptReply(await writes.run(call, options));
  return reply.status === "COPY" ? "copy" : toCommitReply(reply);
}

async function copyLog(
  { writes, keys, life }: SessionAccess,
  channel: ChannelKey,
  { origin, head }: Shortening,
  options: CallOptions,
): Promise<void> {
  for (let isFirst = true, status = "MORE"; status === "MORE"; isFirst = false) {
    const call = {
      script: scripts.copyLog,
      keys: [keys.meta(channel), keys.log(channel, origin), keys.copy(channel, origin)],
      args: [
        life.epoch,
        life.owner,
        origin,
        formatHead(head),
        isFirst ? "1" : "",
        String(PIECE_ENTRIES),
        String(COPY_MS),
      ],
    };
    status = parseScriptReply(await writes.run(call, options)).status;
  }
}
