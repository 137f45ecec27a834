import type { ChannelKey } from "@dred/protocol";
import type { CallOptions } from "../../replica/ports/Store.ts";
import { writtenField } from "./keys.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";

/*
 * In which channels the present epoch has written, noted in `{server}:id`: what a channel lost
 * with all of its keys would not show in the channel (R2). Without that hash the epoch ends anyway.
 */

/** To be called before the first commit of this epoch in a channel; see lua/noteWritten.lua. */
export async function noteWritten(
  { writes, keys, life }: SessionAccess,
  channel: ChannelKey,
  options: CallOptions,
): Promise<void> {
  const call = {
    script: scripts.noteWritten,
    keys: [keys.server],
    args: [life.owner, life.epoch, life.replid, writtenField(channel)],
  };
  parseScriptReply(await writes.run(call, options));
}

export async function isNotedWritten(
  { writes, keys, life }: SessionAccess,
  channel: ChannelKey,
  options: CallOptions,
): Promise<boolean> {
  const command = ["HGET", keys.server, writtenField(channel)];
  return (await writes.send(`opening ${channel}`, command, options)) === life.epoch;
}

/** The channel is to be removed. It is no script, so that it makes room also in a full store. */
export async function forgetWritten(
  { writes, keys }: SessionAccess,
  channel: ChannelKey,
  options: CallOptions,
): Promise<void> {
  await writes.send(`dropping ${channel}`, ["HDEL", keys.server, writtenField(channel)], options);
}
