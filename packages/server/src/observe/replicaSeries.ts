import { epochOf, serverOf } from "@dred/protocol";
import type { OriginStatus, ReplicationStatus } from "../replica/Replica.ts";
import type { PeerTraffic, ReplicaCounts, Waiting } from "../replica/ReplicaCounts.ts";

/** One number and what it is a number of. */
interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A metric that is read when somebody asks for it; labels are few: never a channel's name. */
export interface Series<Source> {
  readonly name: string;
  readonly help: string;
  readonly type: "gauge" | "counter";
  readonly labels: readonly string[];
  read(source: Source): readonly Sample[];
}

const one = (value: number): readonly Sample[] => [{ labels: {}, value }];
const yes = (isSo: boolean): number => (isSo ? 1 : 0);

/** What is counted while a replica works, over all its epochs. */
export const countSeries: readonly Series<ReplicaCounts>[] = [
  {
    name: "dred_posts_total",
    help: "Posts by how they were answered: created, duplicate, or the code of the error.",
    type: "counter",
    labels: ["status"],
    read: ({ posts }) => [...posts].map(([status, value]) => ({ labels: { status }, value })),
  },
  {
    name: "dred_delivered_messages_total",
    help: "Messages given to listeners, each counted once for each listener.",
    type: "counter",
    labels: [],
    read: ({ delivered }) => one(delivered),
  },
  {
    name: "dred_known_entries_total",
    help: "Replicated entries that came again although they were held.",
    type: "counter",
    labels: [],
    read: ({ known }) => one(known),
  },
  traffic("received_entries", "Entries that came from a peer.", (peer) => peer.receivedEntries),
  traffic("sent_entries", "Entries that were sent to a peer.", (peer) => peer.sentEntries),
  traffic("received_bytes", "Bytes of frames that came from a peer.", (peer) => peer.receivedBytes),
  traffic("sent_bytes", "Bytes of frames that were sent to a peer.", (peer) => peer.sentBytes),
];

function traffic(
  what: string,
  help: string,
  valueOf: (traffic: PeerTraffic) => number,
): Series<ReplicaCounts> {
  return {
    name: `dred_peer_${what}_total`,
    help,
    type: "counter",
    labels: ["peer"],
    read: ({ peers }) =>
      [...peers].map(([peer, each]) => ({ labels: { peer }, value: valueOf(each) })),
  };
}

/** How the present replica stands; empty while there is none. */
export const statusSeries: readonly Series<ReplicationStatus>[] = [
  {
    name: "dred_epoch_info",
    help: "1, with the epoch under which this server writes now.",
    type: "gauge",
    labels: ["server", "epoch"],
    read: ({ serverId, origin }) => [
      { labels: { server: serverId, epoch: epochOf(origin) }, value: 1 },
    ],
  },
  perServer(
    "dred_held_entries",
    "Entries held or trimmed, by the server that wrote them, over its epochs.",
    { valueOf: ({ count }) => count, join: (a, b) => a + b },
  ),
  perServer(
    "dred_lag_entries",
    "Entries that some linked peer has and this server lacks, by the server that wrote them.",
    { valueOf: ({ lagEntries }) => lagEntries, join: (a, b) => a + b },
  ),
  perServer("dred_lag_seconds", "How long this server has lacked entries that a linked peer has.", {
    valueOf: ({ lagMs }) => lagMs / 1000,
    join: Math.max,
  }),
  {
    ...perServer("dred_forks_total", "Forks seen since the epoch was opened; each is damage.", {
      valueOf: ({ forks }) => forks,
      join: (a, b) => a + b,
    }),
    type: "counter",
  },
  {
    name: "dred_parked_logs",
    help: "Logs that do not go on for now, by reason.",
    type: "gauge",
    labels: ["reason"],
    read: ({ origins }) => {
      const reasons = origins.flatMap(({ parked }) => parked.map(({ reason }) => reason));
      return [...tally(reasons.map((reason) => [reason, 1]))].map(([reason, value]) => {
        return { labels: { reason }, value };
      });
    },
  },
  {
    name: "dred_channel_origins_max",
    help: "Origins in the longest cursor of any channel; each epoch with living messages is one.",
    type: "gauge",
    labels: [],
    read: ({ channelOriginsMax }) => one(channelOriginsMax),
  },
  {
    name: "dred_link_up",
    help: "Whether a peer is linked: pulling, we take from it; serving, it takes from us.",
    type: "gauge",
    labels: ["peer", "direction"],
    read: ({ links }) =>
      links.flatMap(({ peer, pullingSinceMs, isServing }) => [
        { labels: { peer, direction: "pulling" }, value: yes(pullingSinceMs !== undefined) },
        { labels: { peer, direction: "serving" }, value: yes(isServing) },
      ]),
  },
  {
    name: "dred_peer_clock_offset_seconds",
    help: "A peer's clock minus this server's.",
    type: "gauge",
    labels: ["peer"],
    read: ({ links }) =>
      links.flatMap(({ peer, clockOffsetMs }) => {
        return clockOffsetMs === undefined
          ? []
          : [{ labels: { peer }, value: clockOffsetMs / 1000 }];
      }),
  },
  {
    name: "dred_clock_ahead_seconds",
    help: "This server's clock minus the median of all linked servers' clocks.",
    type: "gauge",
    labels: [],
    read: ({ clock }) => one(clock.aheadMs / 1000),
  },
  {
    name: "dred_clock_astray",
    help: "Whether this server's clock is more than a minute off that median: set it right.",
    type: "gauge",
    labels: [],
    read: ({ clock }) => one(yes(clock.isAstray)),
  },
  {
    name: "dred_store_reachable",
    help: "Whether the store answered when it was last asked.",
    type: "gauge",
    labels: [],
    read: ({ readiness }) => one(yes(readiness.isStoreReachable)),
  },
  {
    name: "dred_degraded",
    help: "1 while the server serves, but none of the peers that it knows is linked.",
    type: "gauge",
    labels: [],
    read: ({ readiness }) => one(yes(readiness.isDegraded)),
  },
  {
    name: "dred_joining_missing_entries",
    help: "Entries that the peers had at joining and that are not here yet; 0 once ready.",
    type: "gauge",
    labels: [],
    read: ({ readiness: { entriesMissing } }) =>
      entriesMissing === undefined ? [] : one(entriesMissing),
  },
];

/** What waits in the present replica; each of it has a limit (R10). */
export const waitingSeries: readonly Series<Waiting>[] = [
  {
    name: "dred_waiting_posts_max",
    help: "Posts that wait for the store, in the channel where most do; 20,000 is the limit.",
    type: "gauge",
    labels: [],
    read: ({ posts }) => one(posts),
  },
  {
    name: "dred_waiting_post_chars_max",
    help: "Characters of posts that wait for the store, in the channel where most do.",
    type: "gauge",
    labels: [],
    read: ({ postChars }) => one(postChars),
  },
  {
    name: "dred_waiting_link_chars_max",
    help: "Characters of entries that came and are not stored yet, on the link where most are.",
    type: "gauge",
    labels: [],
    read: ({ linkChars }) => one(linkChars),
  },
];

function perServer(
  name: string,
  help: string,
  parts: {
    readonly valueOf: (status: OriginStatus) => number;
    /** Epochs of one server make one number, so that series do not grow with epochs. */
    readonly join: (a: number, b: number) => number;
  },
): Series<ReplicationStatus> {
  const read = ({ origins }: ReplicationStatus): Sample[] => {
    const values = origins.map((each): [string, number] => {
      return [serverOf(each.origin), parts.valueOf(each)];
    });
    return [...tally(values, parts.join)].map(([origin, value]) => ({ labels: { origin }, value }));
  };
  return { name, help, type: "gauge", labels: ["origin"], read };
}

function tally(
  values: readonly (readonly [string, number])[],
  join: (a: number, b: number) => number = (a, b) => a + b,
): Map<string, number> {
  const joined = new Map<string, number>();
  for (const [key, value] of values) {
    const before = joined.get(key);
    joined.set(key, before === undefined ? value : join(before, value));
  }
  return joined;
}
