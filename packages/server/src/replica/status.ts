import { formatHead, serverOf, START, toOriginId } from "@dred/protocol";
import type { Epoch, OriginId } from "@dred/protocol";
import type { ChannelTable } from "./ChannelTable.ts";
import type { PeerLinks } from "./links/PeerLinks.ts";
import type { Registry } from "./registry/Registry.ts";
import type { HostStatus, OriginStatus, Readiness, ReplicationStatus } from "./Replica.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";

/** All hosts that are not removed, ourselves among them, by name. */
export function hostStatuses(
  context: ReplicaContext,
  registry: Registry,
  table: ChannelTable,
  links: PeerLinks,
): HostStatus[] {
  const hosts = [...registry.hosts()].filter(([, host]) => !host.isRemoved);
  return hosts
    .map(([id, host]): HostStatus => {
      const isSelf = id === context.identity.serverId;
      const connectedSince = links.connectedSinceMs(id);
      return {
        id,
        url: host.url,
        state: isSelf ? "self" : connectedSince === undefined ? "connecting" : "connected",
        since: isSelf ? Math.floor(host.updated.ts / 1000) : (connectedSince ?? 0),
        lag: isSelf ? 0 : lagOf(toOriginId(id, host.epoch as Epoch), table, links),
        version: host.version,
      };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** Source, lag, parked logs and forks of every origin that is held or known of (R12). */
export function replicationStatus(
  context: ReplicaContext,
  parts: { readonly registry: Registry; readonly table: ChannelTable; readonly links: PeerLinks },
  readiness: Readiness,
): ReplicationStatus {
  const { registry, table, links } = parts;
  const known = new Set([...table.summaries().keys(), ...links.sources.origins(), context.origin]);
  return {
    serverId: context.identity.serverId,
    origin: context.origin,
    origins: [...known].sort().map((origin) => statusOf(context, origin, table, links)),
    readiness,
    registryDigest: registry.digest(),
  };
}

function statusOf(
  context: ReplicaContext,
  origin: OriginId,
  table: ChannelTable,
  links: PeerLinks,
): OriginStatus {
  const source = links.sources.sourceOf(origin);
  const behindSince = links.sources.behindSinceMs(origin);
  const { count, digest } = table.summaryOf(origin);
  const isOwn = serverOf(origin) === context.identity.serverId && origin === context.origin;
  return {
    origin,
    ...(source === undefined || isOwn ? {} : { source }),
    count,
    digest,
    lagEntries: isOwn ? 0 : lagOf(origin, table, links),
    lagMs: isOwn || behindSince === undefined ? 0 : Math.round(context.clock.now() - behindSince),
    parked: links.parked.of(origin).map(({ channel, reason }) => ({
      channel,
      head: formatHead(table.find(channel)?.content.heads.get(origin) ?? START),
      reason,
    })),
    gaps: links.parked.gaps(origin),
    forks: links.parked.forks(origin),
  };
}

/** Entries that some connected peer has and we have not; at least 1 where only digests differ. */
function lagOf(origin: OriginId, table: ChannelTable, links: PeerLinks): number {
  const ours = table.summaryOf(origin);
  let lag = 0;
  for (const link of links.pulling.values()) {
    const theirs = link.have?.get(origin);
    if (theirs === undefined || theirs.digest === ours.digest) continue;
    const isSource = links.sources.sourceOf(origin) === link.hello.serverId;
    lag = Math.max(lag, theirs.count - ours.count, isSource && theirs.count >= ours.count ? 1 : 0);
  }
  return lag;
}
