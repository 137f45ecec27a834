import { hostField } from "@dred/core";
import { DredError } from "@dred/protocol";
import type { ServerId } from "@dred/protocol";
import type { Registry } from "./Registry.ts";

/** Removes a host for good. @throws DredError `unknown-host`, or a store's error. */
export async function removeHost(registry: Registry, id: ServerId): Promise<void> {
  const host = registry.host(id);
  if (host === undefined || host.isRemoved) {
    throw new DredError("unknown-host", `there is no host "${id}"`);
  }
  const updated = registry.stamp(host.updated.ts);
  await registry.update(() => [[hostField(id), { ...host, isRemoved: true, updated }]]);
}
