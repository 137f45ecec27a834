import type { ChainedHead } from "@dred/core";
import { DredError, parseOriginId } from "@dred/protocol";
import type { ChannelKey, OriginId } from "@dred/protocol";
import type { CallOptions, StoredChannel } from "../../replica/ports/Store.ts";
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
  options: CallOptions,
): Promise<StoredChannel> {
  const { writes, keys, parts, life } = access;
  parts.noteChannel(channel);
  const origins = parts.origins(channel);
  const call = {
    script: scripts.openChannel,
    keys: [
      keys.meta(channel),
      keys.twins(channel),
      ...origins.map((origin) => keys.log(channel, origin)),
    ],
    args: [life.epoch, life.owner, life.replid, ...origins],
  };
  const [reply] = await Promise.all([writes.run(call, options), renewLease(access, options)]);
  const { status, values } = parseScriptReply(reply);
  if (status === "DAMAGED") throw damage(channel, values);
  return toStoredChannel(values);
}

function toStoredChannel(values: readonly string[]): StoredChannel {
  const heads = new Map<OriginId, ChainedHead>();
  const bases = new Map<OriginId, ChainedHead>();
  const twins = new Map<string, string>();
  for (let index = 0; index + 2 < values.length; index += 3) {
    const [kind, name = "", value = ""] = values.slice(index, index + 3);
    if (kind === "t") twins.set(name, value);
    else (kind === "h" ? heads : bases).set(parseOriginId(name), parseStoredHead(value));
  }
  return { heads, bases, twins };
}

function damage(channel: ChannelKey, [origin, held]: readonly string[]): DredError {
  return new DredError(
    "store-damaged",
    `the log ${origin} of ${channel} lost entries in the store, which holds only ${held}; ` +
      "restore the store from a copy, or empty it: the server then begins a new epoch and " +
      "takes everything back from its peers",
  );
}
