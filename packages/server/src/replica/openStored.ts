import { channelNameOf } from "@dred/protocol";
import type { ChannelKey } from "@dred/protocol";
import type { ChannelTable } from "./ChannelTable.ts";
import type { ChannelCatalog } from "./registry/ChannelCatalog.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";

/** Opens all channels that the store holds; those of a generation that was deleted are removed. */
export async function openStored(
  context: ReplicaContext,
  { table, catalog }: { readonly table: ChannelTable; readonly catalog: ChannelCatalog },
): Promise<void> {
  const stored = await context.session.channels(context);
  const isWanted = (key: ChannelKey): boolean => catalog.isWanted(channelNameOf(key), key);
  await table.openAll(stored.filter(isWanted));
  for (const key of stored) {
    if (!isWanted(key)) await context.session.dropChannel(key, context);
  }
}
