import { DredError, formatHead, START } from "@dred/protocol";
import type { ChannelKey } from "@dred/protocol";
import type { CallOptions, CommitReply, Shortening } from "../../replica/ports/Store.ts";
import { toCommitReply } from "./commitReply.ts";
import { readMemory } from "./readMemory.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";
import { formatStoredHead } from "./storedHead.ts";

/** Characters that one call copies, about: some milliseconds of Redis's time. */
const PIECE_CHARS = 256_000;
/** How long a copy lives when nobody goes on with it. */
const COPY_MS = 60_000;

/**
 * `StoreSession.shorten`; see lua/shortenLog.lua. What is kept is copied first, if entries lie, or
 * lay, behind it.
 */
export async function shortenLog(
  access: SessionAccess,
  channel: ChannelKey,
  shortening: Shortening,
  options: CallOptions,
): Promise<CommitReply> {
  const reply = await replaceLog(access, channel, shortening, options);
  if (reply !== "copy") return reply;
  await checkRoom(access, channel, shortening, options);
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

/** A copy that does not fit would fill the store before it fails, for all others. */
async function checkRoom(
  { reads, keys }: SessionAccess,
  channel: ChannelKey,
  { origin }: Shortening,
  options: CallOptions,
): Promise<void> {
  const command = ["MEMORY", "USAGE", keys.log(channel, origin)];
  const bytes = Number(await reads.send("measuring a log", command, options)) || 0;
  const { usedBytes, limitBytes, howToRaise } = await readMemory(reads, options);
  const wanted = usedBytes + bytes;
  if (wanted <= limitBytes) return;
  const needs = `a copy of it needs ${toMegabytes(bytes)} MB, and ${toMegabytes(usedBytes)} of`;
  const detail = `${needs} ${toMegabytes(limitBytes)} MB are used`;
  throw uncuttable(channel, origin, `${detail}. ${howToRaise(toMegabytes(wanted))}`);
}

async function copyLog(
  access: SessionAccess,
  channel: ChannelKey,
  shortening: Shortening,
  options: CallOptions,
): Promise<void> {
  const { writes, keys, parts } = access;
  const { origin } = shortening;
  parts.noteCopy(channel, origin);
  try {
    await copyPieces(access, channel, shortening, options);
  } catch (error) {
    const command = ["UNLINK", keys.copy(channel, origin)];
    await writes.send("removing a copy", command, options).catch(() => undefined); // it expires
    if (!(error instanceof DredError) || error.code !== "store-full") throw error;
    throw uncuttable(channel, origin, error.message);
  }
}

async function copyPieces(
  { writes, keys, life }: SessionAccess,
  channel: ChannelKey,
  { origin, head }: Shortening,
  options: CallOptions,
): Promise<void> {
  const scriptKeys = [keys.meta(channel), keys.log(channel, origin), keys.copy(channel, origin)];
  const begin = [life.epoch, life.owner, origin, formatHead(head)];
  const end = [String(PIECE_CHARS), String(COPY_MS)];
  for (let isFirst = true, status = "MORE"; status === "MORE"; isFirst = false) {
    const args = [...begin, isFirst ? "1" : "", ...end];
    const call = { script: scripts.copyLog, keys: scriptKeys, args };
    status = parseScriptReply(await writes.run(call, options)).status;
  }
}

function uncuttable(channel: ChannelKey, origin: string, why: string): DredError {
  return new DredError("store-damaged", `the log ${origin} of ${channel} cannot be cut: ${why}`);
}

function toMegabytes(bytes: number): number {
  return Math.ceil(bytes / 1_000_000);
}
