import { DredError } from "@dred/protocol";
import type { ChannelKey } from "@dred/protocol";
import type { CallOptions, Trim } from "../../replica/ports/Store.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";
import { formatStoredHead } from "./storedHead.ts";

/** `StoreSession.trim`; see lua/trimLog.lua. */
export async function trimLog(
  { writes, keys, life }: SessionAccess,
  channel: ChannelKey,
  { origin, base, twinsGone }: Trim,
  options: CallOptions,
): Promise<void> {
  const call = {
    script: scripts.trimLog,
    keys: [keys.meta(channel), keys.log(channel, origin), keys.twins(channel)],
    args: [
      life.epoch,
      life.owner,
      origin,
      formatStoredHead(base),
      String(base.ts + 1),
      ...twinsGone,
    ],
  };
  const { status, values } = parseScriptReply(await writes.run(call, options));
  if (status !== "DONE") {
    // Only what is held is trimmed, so the store lost the end of this log.
    throw new DredError("store-fenced", `${channel} of ${origin} ends at ${values[0]} already`);
  }
}
