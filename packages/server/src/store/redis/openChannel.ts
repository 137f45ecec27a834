import type { ChainedHead } from "@dred/core";
import { parseOriginId } from "@dred/protocol";
import type { ChannelKey, OriginId } from "@dred/protocol";
import type { CallOptions, LogFault, StoredChannel } from "../../replica/ports/Store.ts";
import { renewLease } from "./renewLease.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";
import { parseStoredHead } from "./storedHead.ts";

/**
 * `StoreSession.openChannel`; see lua/openChannel.lua.
 *
 * The script cannot see whether the store was emptied since it was opened, because that stands
 * under another hash tag. So the lease is checked right behind it, on the same connection: was the
 * store emptied before, the check fails; is it emptied later, the channel has lost its stamp.
 */
export async function openChannel(
  access: SessionAccess,
  channel: ChannelKey,
  windowMs: number,
  options: CallOptions,
): Promise<StoredChannel> {
  const { writes, keys, parts, notes, life } = access;
  const hasWritten = await notes.has(channel, options);
  parts.noteChannel(channel);
  const origins = parts.origins(channel);
  const rolls = parts.indexes(channel);
  const call = {
    script: scripts.openChannel,
    keys: [
      keys.meta(channel),
      keys.twins(channel),
      ...origins.map((origin) => keys.log(channel, origin)),
      ...rolls.map((part) => keys.part(channel, part)),
    ],
    args: [
      life.epoch,
      life.owner,
      life.replid,
      String(windowMs),
      hasWritten ? "1" : "",
      ...origins,
    ],
  };
  const [reply] = await Promise.all([writes.run(call, options), renewLease(access, options)]);
  return toStoredChannel(parseScriptReply(reply).values);
}

function toStoredChannel(values: readonly string[]): StoredChannel {
  const heads = new Map<OriginId, ChainedHead>();
  const bases = new Map<OriginId, ChainedHead>();
  const twins = new Map<string, string>();
  const faults = new Map<OriginId, LogFault>();
  let isIndexLost = false;
  for (let index = 0; index + 2 < values.length; index += 3) {
    const [kind, name = "", value = ""] = values.slice(index, index + 3);
    if (kind === "t") twins.set(name, value);
    else if (kind === "i") isIndexLost = true;
    else if (kind === "u") faults.set(parseOriginId(name), value as LogFault);
    else (kind === "h" ? heads : bases).set(parseOriginId(name), parseStoredHead(value));
  }
  return { heads, bases, twins, faults, isIndexLost };
}
