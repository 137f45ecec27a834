import type { ChannelKey } from "@dred/protocol";
import type { CallOptions } from "../../replica/ports/Store.ts";
import type { SessionAccess } from "./SessionAccess.ts";

/** Looks at this many nested values of a key and takes the others to be like them. */
const SAMPLES = "5";

/** `StoreSession.bytes`, by Redis's own estimate. */
export async function channelBytes(
  { reads, keys, parts }: SessionAccess,
  channel: ChannelKey,
  options: CallOptions,
): Promise<number> {
  const sizes = await Promise.all(
    parts.all(channel).map((part) => {
      const command = ["MEMORY", "USAGE", keys.part(channel, part), "SAMPLES", SAMPLES];
      return reads.send("measuring a channel", command, options);
    }),
  );
  return sizes.reduce<number>((sum, size) => sum + (Number(size) || 0), 0);
}
