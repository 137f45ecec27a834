import type { HostRecord, RegistryValue } from "@dred/core";
import { compareEpochs, epochOf } from "@dred/protocol";
import type { Epoch } from "@dred/protocol";
import type { ReplicaContext } from "../ReplicaContext.ts";

/**
 * Another store had our serverId for a while and wrote its place among the hosts after we wrote
 * ours. Where its epoch is the earlier one, ours is kept as if it had been written right after:
 * not now, for somebody may have removed this server meanwhile.
 *
 * @returns What is to be written instead of `theirs`; undefined when that stands.
 */
export function keptPlace(
  { origin, session }: ReplicaContext,
  ours: RegistryValue | undefined,
  theirs: RegistryValue | undefined,
): HostRecord | undefined {
  if (!isPresent(ours) || !isPresent(theirs) || ours.storeId !== session.storeId) return undefined;
  const isEarlier = compareEpochs(theirs.epoch as Epoch, epochOf(origin)) < 0;
  if (!isEarlier || theirs.updated.ts < ours.updated.ts) return undefined;
  return { ...ours, updated: { ts: theirs.updated.ts + 1, origin } };
}

function isPresent(value: RegistryValue | undefined): value is HostRecord {
  return value?.kind === "host" && !value.isRemoved;
}
