import type { ChannelOptions, VectorObject } from "@dred/protocol";
import type { Message } from "../listening/Message.ts";

/** What a server answered to one post. */
export interface PostReply {
  /** The message's id on every server; `mid` is the same. */
  readonly id: string;
  readonly mid: string;
  readonly ocid: string;
  /** Microseconds since 1970. */
  readonly ts: number;
  /** `duplicate`: the same message had been posted before; this is its answer. */
  readonly status: "created" | "duplicate";
  /** How many servers held the message when it was answered. */
  readonly acks: number;
}

/** What a server answered to the creation of a channel. */
export interface CreatedChannel extends ChannelOptions {
  readonly id: string;
  readonly channelId: string;
  readonly status: "created";
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/** What a server holds of a channel. */
export interface ChannelInfo {
  readonly id: string;
  /** How often a channel of this name was deleted before. */
  readonly generation: number;
  readonly options: ChannelOptions;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  readonly members: readonly string[];
  /** Who asked to join and was not let in yet. */
  readonly requests: readonly string[];
  readonly count: number;
  /** What it takes in the server's store. */
  readonly bytes: number;
  readonly vector: VectorObject;
  readonly listeners: number;
  readonly [field: string]: unknown;
}

/** One page of a channel's messages, in canonical order. */
export interface History {
  readonly messages: readonly Message[];
  /** Asks for the page that follows; absent on the last. */
  readonly next?: string;
  /** Listening since here goes on without a hole. */
  readonly cursor: string;
}

/** One member of the neighborhood, as a server sees it. */
export interface Host {
  readonly id: string;
  readonly url: string;
  readonly state: "self" | "connected" | "connecting";
  /** Since when it is in this state, milliseconds since 1970. */
  readonly since: number;
  /** Entries of it that are known of and not yet held by the server that was asked. */
  readonly lag: number;
  readonly version: string;
}

/** How far a server is with replicating, per origin. */
export interface ReplicationStatus {
  readonly serverId: string;
  readonly origin: string;
  readonly origins: readonly OriginStatus[];
  /** One for each other server that is a host or has a link. */
  readonly links: readonly LinkStatus[];
  /** The server's clock: minus the median of all in ms, and whether it is too far off to judge by. */
  readonly clock: { readonly aheadMs: number; readonly isAstray: boolean };
  readonly readiness: Readiness;
  /** Equal on two servers exactly when their registries are. */
  readonly registryDigest: string;
  /** How many origins the channel has that has most: each epoch of a server is one. */
  readonly channelOriginsMax: number;
}

/** Whether a server is ready for clients. */
export interface Readiness {
  readonly isReady: boolean;
  readonly isDegraded: boolean;
  readonly isStoreReachable: boolean;
  /** Absent while the server does not know yet. */
  readonly entriesMissing?: number;
}

/** How far a server is with the entries of one origin. */
export interface OriginStatus {
  readonly origin: string;
  /** From which server its entries come; absent for the server's own and where nobody has them. */
  readonly source?: string;
  /** How many entries of it are held, over all channels, and a digest of their heads. */
  readonly count: number;
  readonly digest: string;
  /** 0 only while nobody shows more than is held, and the source shows just the same. */
  readonly lagEntries: number;
  /** How long that has not been 0, in ms. */
  readonly lagMs: number;
  /** Logs that do not go on for now. */
  readonly parked: readonly {
    readonly channel: string;
    readonly head: string;
    readonly reason: string;
    /** Since when, ms since 1970. */
    readonly sinceMs: number;
    /** From which server came what parked it; itself for a log that is damaged in its store. */
    readonly from: string;
    /** What is wrong, for people. */
    readonly detail?: string;
  }[];
  /** Accepted gaps, and forks, since the epoch was opened. */
  readonly gaps: number;
  readonly forks: number;
}

/** One log of a channel, as a server holds it: what lies above `base`, through `head`. */
export interface HeldLog {
  readonly origin: string;
  /** `ts-seq`, as all positions here; `0-0` when nothing was trimmed. */
  readonly base: string;
  readonly baseChain: string;
  readonly head: string;
  readonly chain: string;
}

/** What a server holds of the logs of a channel. */
export interface ChannelLogs {
  readonly id: string;
  readonly generation: number;
  readonly logs: readonly HeldLog[];
}

/** What was given up of a log, on all servers. */
export interface AcceptedGap {
  readonly channel: string;
  readonly origin: string;
  /** `ts-seq`: everything of the log through here is dead. */
  readonly through: string;
}

/** One page of one log, as it is stored. */
export interface LogPage {
  readonly base: string;
  readonly baseChain: string;
  /** In seq order; empty when there are no more. */
  readonly entries: readonly {
    readonly at: string;
    readonly chain: string;
    readonly line: string;
  }[];
}

/** The links of a server with one peer, and what went over them since its process started. */
export interface LinkStatus {
  readonly peer: string;
  /** Since when the server pulls from the peer, ms since 1970; absent while it does not. */
  readonly pullingSinceMs?: number;
  /** The peer's clock minus the server's, in ms; absent while it does not pull. */
  readonly clockOffsetMs?: number;
  /** Whether the peer pulls from the server. */
  readonly isServing: boolean;
  readonly receivedBytes: number;
  readonly sentBytes: number;
  readonly receivedEntries: number;
  readonly sentEntries: number;
}
