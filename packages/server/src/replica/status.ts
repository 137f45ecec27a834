import { formatHead, START, toOriginId } from "@dred/protocol";
import type { Epoch, OriginId, ServerId } from "@dred/protocol";
import type { ChannelTable } from "./ChannelTable.ts";
import type { PeerLinks } from "./links/PeerLinks.ts";
import type { Registry } from "./registry/Registry.ts";
import type {
  HostStatus,
  LinkStatus,
  OriginStatus,
  ParkedLog,
  Readiness,
  ReplicationStatus,
} from "./Replica.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";
import { trafficWith } from "./ReplicaCounts.ts";
import type { Waiting } from "./ReplicaCounts.ts";

/** All hosts that are not removed, ourselves among them, by name. */
export function hostStatuses(
  context: ReplicaContext,
  registry: Registry,
  links: PeerLinks,
): HostStatus[] {
  const hosts = [...registry.hosts()].filter(([, host]) => !host.isRemoved);
  const { clock, openedMs } = context;
  const selfSince = Math.floor(clock.now() - (clock.steady() - openedMs));
  return hosts
    .map(([id, host]): HostStatus => {
      const isSelf = id === context.identity.serverId;
      const connectedSince = links.connectedSinceMs(id);
      return {
        id,
        url: host.url,
        state: isSelf ? "self" : connectedSince === undefined ? "connecting" : "connected",
        since: isSelf ? selfSince : (connectedSince ?? 0),
        lag: isSelf ? 0 : lagOf(toOriginId(id, host.epoch as Epoch), links),
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
): Omit<ReplicationStatus, "clock"> {
  const { registry, table, links } = parts;
  const damaged = table.damaged();
  const known = new Set([
    ...table.summaries().keys(),
    ...links.sources.origins(),
    ...damaged.map(({ origin }) => origin),
    context.origin,
  ]);
  return {
    serverId: context.identity.serverId,
    origin: context.origin,
    origins: [...known].sort().map((origin) => statusOf(context, origin, table, links)),
    links: linkStatuses(context, registry, links),
    readiness,
    registryDigest: registry.digest(),
    channelOriginsMax: table.originsMax(),
  };
}

/** The most that waits in any channel and on any link. */
export function waitingOf(table: ChannelTable, links: PeerLinks): Waiting {
  const most = { posts: 0, postChars: 0, linkChars: 0 };
  for (const { waitingPosts } of table.all()) {
    most.posts = Math.max(most.posts, waitingPosts.count);
    most.postChars = Math.max(most.postChars, waitingPosts.chars);
  }
  for (const { storingChars } of links.pulling.values()) {
    most.linkChars = Math.max(most.linkChars, storingChars);
  }
  return most;
}

function statusOf(
  context: ReplicaContext,
  origin: OriginId,
  table: ChannelTable,
  links: PeerLinks,
): OriginStatus {
  const source = links.sources.sourceOf(origin);
  const { count, digest } = table.summaryOf(origin);
  const isOwn = origin === context.origin;
  const lagEntries = isOwn ? 0 : lagOf(origin, links);
  return {
    origin,
    ...(source === undefined || isOwn ? {} : { source }),
    count,
    digest,
    lagEntries,
    lagMs: lagEntries === 0 ? 0 : Math.round(links.sources.lagMs(origin)),
    parked: parkedOf(context, origin, table, links),
    gaps: links.parked.gaps(origin),
    forks: links.parked.forks(origin),
  };
}

/** Logs that wait: for what the store lost of them, or for what a peer sent to become right. */
function parkedOf(
  context: ReplicaContext,
  origin: OriginId,
  table: ChannelTable,
  links: PeerLinks,
): ParkedLog[] {
  const damaged = table.damaged().filter((log) => log.origin === origin);
  const ours = { reason: "damaged", from: context.identity.serverId };
  const parked = links.detours.unavailable(origin).filter(({ channel }) => {
    return !damaged.some((log) => log.channel === channel);
  });
  const all = [...damaged.map((log) => ({ ...log, ...ours })), ...parked];
  return all.map((log) => ({
    channel: log.channel,
    head: formatHead(table.find(log.channel)?.content.heads.get(origin) ?? START),
    reason: log.reason,
    sinceMs: Math.floor(log.sinceMs),
    from: log.from,
    ...("detail" in log ? { detail: log.detail } : {}),
  }));
}

function lagOf(origin: OriginId, links: PeerLinks): number {
  return links.sources.lagEntries(origin, links.pulling);
}

function linkStatuses(
  context: ReplicaContext,
  registry: Registry,
  { pulling, serving }: PeerLinks,
): LinkStatus[] {
  const peers = new Set<ServerId>([...pulling.keys(), ...serving.keys()]);
  for (const [id, host] of registry.hosts()) if (!host.isRemoved) peers.add(id);
  peers.delete(context.identity.serverId);
  const ourBaseMs = context.clock.now() - context.clock.steady();
  return [...peers].sort().map((peer): LinkStatus => {
    const link = pulling.get(peer);
    const clockOffsetMs = Math.round((link?.clockBaseMs ?? 0) - ourBaseMs);
    return {
      peer,
      ...(link && { pullingSinceMs: link.sinceMs, clockOffsetMs }),
      isServing: serving.has(peer),
      ...trafficWith(context.counts, peer),
    };
  });
}
