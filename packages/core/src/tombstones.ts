import { generationOf, channelNameOf } from "@dred/protocol";
import type { ChannelName } from "@dred/protocol";
import { parseField } from "./registryRecord.ts";
import type { ChannelRecord, HostRecord, RegistryValue } from "./registryRecord.ts";

/*
 * How the registry forgets. A tombstone is what keeps a deleted channel deleted: whoever missed it
 * would bring the channel back. It cannot be kept for ever, and no clock says when everybody has
 * it: all servers may have been switched off for a month. So each server notes now and then in its
 * own host record that it had all that its peers had (`syncedTs`), and, when it forgets tombstones,
 * the newest it forgot (`collectedTs`). A server that was in step with us before the newest
 * tombstone that anybody forgot may hold what we could not tell from something new: it is refused,
 * and comes back with an empty store. Nobody is refused because of the time alone.
 *
 * A generation must not be counted twice either, else an old cursor would be taken for one of the
 * present channel. So the largest generation that was forgotten goes into the host record, too, and
 * new channels begin above it.
 */

/** How long the tombstone of a channel is kept. */
export const TOMBSTONE_KEPT_MS = 30 * 86_400_000;

/** Whether a record need not be known any more, or is of a generation that is deleted. */
export function isCollectable(
  field: string,
  value: RegistryValue,
  context: {
    readonly nowMs: number;
    channel(name: ChannelName): ChannelRecord | undefined;
  },
): boolean {
  if (value.kind === "channel") {
    return value.isDeleted && value.updated.ts < (context.nowMs - TOMBSTONE_KEPT_MS) * 1000;
  }
  const parsed = parseField(field);
  if (parsed.kind !== "member" && parsed.kind !== "cut") return false;
  const record = context.channel(channelNameOf(parsed.channel));
  if (record === undefined) return false; // it comes with its channel, or before it
  const generation = generationOf(parsed.channel);
  return generation < record.generation || (generation === record.generation && record.isDeleted);
}

/** What one host record says of forgotten tombstones, after these are forgotten as well. */
export function noteCollected(
  host: HostRecord,
  tombstones: readonly ChannelRecord[],
): Pick<HostRecord, "collectedTs" | "collectedGeneration"> {
  const ts = tombstones.map(({ updated }) => updated.ts);
  const generations = tombstones.map(({ generation }) => generation);
  return {
    collectedTs: Math.max(host.collectedTs ?? 0, ...ts),
    collectedGeneration: Math.max(host.collectedGeneration ?? 0, ...generations),
  };
}

/** The generation that a channel begins with of which nothing is known. */
export function firstGeneration(hosts: Iterable<HostRecord>): number {
  let first = 0;
  for (const { collectedTs, collectedGeneration = 0 } of hosts) {
    if (collectedTs !== undefined) first = Math.max(first, collectedGeneration + 1);
  }
  return first;
}

/** A server as it presents itself. */
export interface ReturningServer {
  readonly storeId: string;
  /** Through when its own store says that it knew all; 0 for never. */
  readonly syncedTs: number;
}

/**
 * Whether a server was away, or its store is a copy so old, that it may hold what others have
 * forgotten to be deleted.
 *
 * @param host What we hold of it.
 * @param others The other servers, ourselves among them: what it forgot itself, it knew.
 */
export function wasAwayTooLong(
  server: ReturningServer,
  host: HostRecord | undefined,
  others: Iterable<HostRecord>,
): boolean {
  const isKnown = host?.storeId === server.storeId;
  const seen = isKnown ? (host.syncedTs ?? host.updated.ts) : Number.POSITIVE_INFINITY;
  const claimed = server.syncedTs === 0 ? Number.POSITIVE_INFINITY : server.syncedTs;
  const syncedTs = Math.min(seen, claimed);
  for (const { collectedTs = 0 } of others) if (collectedTs > syncedTs) return true;
  return false;
}
