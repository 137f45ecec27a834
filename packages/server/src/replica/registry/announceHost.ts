import { hostField } from "@dred/core";
import { epochOf } from "@dred/protocol";
import type { ReplicaContext } from "../ReplicaContext.ts";
import type { Registry } from "./Registry.ts";

/** Takes this server's place among the hosts, if it does not have it, or comes with another epoch. */
export async function announceHost(context: ReplicaContext, registry: Registry): Promise<void> {
  const { serverId, url, version } = context.identity;
  const { storeId } = context.session;
  const epoch = epochOf(context.origin);
  await registry.update(() => {
    const before = registry.host(serverId);
    const noted = before?.storeId === storeId ? before : {}; // what it knew and forgot
    const place = { kind: "host", isRemoved: false, url, storeId, epoch, version } as const;
    const value = { ...noted, ...place };
    const isSame =
      before !== undefined &&
      JSON.stringify({ ...before, updated: 0 }) === JSON.stringify({ ...value, updated: 0 });
    const updated = registry.stamp(before?.updated.ts);
    return isSame ? [] : [[hostField(serverId), { ...value, updated }]];
  });
}
