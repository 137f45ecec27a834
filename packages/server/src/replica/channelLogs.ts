import { CHAIN_START } from "@dred/core";
import { limits } from "@dred/protocol";
import type { OriginId } from "@dred/protocol";
import type { ChannelReplica } from "./ChannelReplica.ts";
import type { HeldLog, LogPage, LogRequest } from "./Replica.ts";

const PAGE_ENTRIES_MAX = 1_000;

/** The logs of a channel by origin, as the store confirmed them. */
export async function heldLogs(channel: ChannelReplica): Promise<HeldLog[]> {
  await channel.open();
  return [...channel.content.heads.keys()]
    .sort()
    .map((origin) => ({ origin, ...boundsOf(channel, origin) }));
}

/** A page of one log as it stands in the store, whatever readers are shown of it. */
export async function readLog(channel: ChannelReplica, request: LogRequest): Promise<LogPage> {
  const { origin, after, through } = request;
  const entries = await channel.range({
    origin,
    afterTs: after.ts,
    beforeTs: through.ts + 1,
    order: "asc",
    entriesMax: PAGE_ENTRIES_MAX,
    charsMax: 4 * limits.BATCH_CHARS_MAX,
  });
  return { base: boundsOf(channel, origin).base, entries };
}

function boundsOf(channel: ChannelReplica, origin: OriginId): Omit<HeldLog, "origin"> {
  const { heads, bases } = channel.content;
  return { base: bases.get(origin) ?? CHAIN_START, head: heads.get(origin) ?? CHAIN_START };
}
