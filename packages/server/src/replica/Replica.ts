import type { ChainedHead } from "@dred/core";
import type {
  ChannelName,
  ChannelOptions,
  Entry,
  Head,
  MessageFields,
  Neighborhood,
  OriginId,
  Position,
  ServerId,
  VersionVector,
} from "@dred/protocol";
import type { Connection } from "./ports/Connection.ts";
import type { CallOptions } from "./ports/Store.ts";
import type { PeerTraffic, Waiting } from "./ReplicaCounts.ts";

/**
 * What one server holds of its neighborhood during one epoch, and all that the edges (HTTP,
 * WebSocket, command line) may ask of it. It ends when it is closed or when its store turns
 * out to be another one; whoever keeps it then opens the next.
 */
export interface Replica {
  readonly neighborhood: Neighborhood;
  readonly serverId: ServerId;
  /** `serverId.epoch`: what this server writes under. */
  readonly origin: OriginId;

  /** Whether the heads that the peers had at joining are held; `isDegraded` when none answered. */
  readiness(): Readiness;

  /** Names of all channels, without reserved ones, sorted. */
  channels(): ChannelName[];
  /**
   * Undefined for a channel that was never created or is deleted. One that has expired is
   * given for some seconds more, though it can no longer be posted to or listened to.
   */
  channel(name: ChannelName): ChannelInfo | undefined;

  /** How many bytes it takes in this server's store. @throws DredError `channel-not-found`. */
  channelBytes(name: ChannelName, options: CallOptions): Promise<number>;

  /**
   * Creates the channel and waits, at most 500 ms, until the connected peers have it.
   *
   * @throws DredError `channel-exists`, or a store's error when it could not be recorded.
   */
  createChannel(name: ChannelName, settings: ChannelSettings): Promise<ChannelInfo>;
  /** Deletes it everywhere. @throws DredError `channel-not-found`. */
  deleteChannel(name: ChannelName): Promise<void>;
  /** Adds or replaces one member or request. @throws DredError `channel-not-found`. */
  putMember(name: ChannelName, member: Member): Promise<void>;

  /**
   * Appends one message here. What waits at the same moment goes to the store together.
   *
   * @throws DredError `channel-not-found`; `ocid-conflict` when the (sender, ocid) names other
   *   content; `outcome-unknown`, `store-unavailable`, `overloaded`: post it again with the
   *   same ocid, here or on another server.
   */
  post(name: ChannelName, message: MessageFields, sender: string): Promise<PostReply>;

  /** How many servers hold the message, this one included: waits for `acks`, at most `timeoutMs`. */
  held(name: ChannelName, position: Position, acks: number, timeoutMs: number): Promise<number>;

  /** One page in canonical order (ts, then origin), without what is dead or a twin. */
  history(name: ChannelName, page: HistoryRequest, options: CallOptions): Promise<HistoryPage>;

  /** The channel's logs by origin. @throws DredError `channel-not-found`. */
  logs(name: ChannelName): Promise<readonly HeldLog[]>;
  /** One page of one log as it is stored, twins and untrimmed dead entries among it. */
  readLog(name: ChannelName, request: LogRequest): Promise<LogPage>;

  /**
   * Starts a listening stream. Returns at once; lines go to `sink` until `close()`, or until
   * the replica ends, which the last line (`bye`) says.
   */
  listen(requests: readonly ListenRequest[], sink: LineSink): Listening;

  /**
   * Gives up, everywhere, the part of a log that nobody can give. Resolves with its end when the
   * linked peers know, or after 500 ms. @throws DredError `no-gap`, `channel-not-found`.
   */
  acceptGap(name: ChannelName, origin: OriginId): Promise<Head>;

  hosts(): HostStatus[];
  /** Forgets a host for good. @throws DredError `unknown-host`. */
  removeHost(id: ServerId): Promise<void>;
  replication(): ReplicationStatus;
  /** What waits here at this moment; each number has a limit (R10). */
  waiting(): Waiting;

  /** Serves a peer that dialled us; the handshake decides whether it stays. */
  acceptPeer(connection: Connection): void;

  /** Resolves with the reason when the replica has ended, whoever ended it. */
  readonly ended: Promise<ReplicaEnd>;
  /** Aborted, by the DredError that callers are told, as soon as it ends; `ended` follows. */
  readonly ending: AbortSignal;
  /**
   * Ends it in order: no new posts, waits until some peer holds all own heads (at most
   * `drainMs`), then `bye` to listeners and peers. Idempotent; never rejects.
   */
  close(drainMs: number): Promise<void>;
}

export type ReplicaEnd =
  | { readonly reason: "closed" }
  /** The store's life was broken; open another replica, which begins a new epoch. */
  | { readonly reason: "fenced"; readonly detail: string }
  /** This process must not go on with this store; `detail` says why and what to do. */
  | { readonly reason: "refused"; readonly detail: string };

export interface Readiness {
  readonly isReady: boolean;
  /** Ready, but no peer of those known could be reached. */
  readonly isDegraded: boolean;
  readonly isStoreReachable: boolean;
  /** Entries that the peers had at joining and we still lack; absent while not yet known. */
  readonly entriesMissing?: number;
}

/** What a channel is created with: the checked options and who asked. */
export interface ChannelSettings {
  readonly options: ChannelOptions;
}

export interface ChannelInfo {
  readonly name: ChannelName;
  readonly generation: number;
  readonly options: ChannelOptions;
  /** Milliseconds since 1970, whole; the same on every server. */
  readonly createdAt: number;
  /** Options' members and those who joined since. */
  readonly members: readonly string[];
  /** Ids that asked to join and were not let in yet. */
  readonly requests: readonly string[];
  readonly vector: VersionVector;
  /** Living messages held, as far as heads and bases tell. */
  readonly count: number;
  readonly listeners: number;
}

export interface Member {
  /** Base64 of the raw 32-byte public key. */
  readonly id: string;
  readonly state: "joined" | "requested";
}

export interface PostReply extends Position {
  readonly status: "created" | "duplicate";
}

export interface HistoryRequest {
  /** 1 to 1000. */
  readonly limit: number;
  readonly order: "asc" | "desc";
  /** A mid, or the `next` of the page before. */
  readonly after?: string;
  readonly before?: string;
}

export interface HistoryPage {
  /** Message lines, ready to be sent. */
  readonly lines: readonly string[];
  /** Asks for the page that follows; absent on the last. */
  readonly next?: string;
  /** Listening from here continues without a hole. */
  readonly cursor: string;
}

/** One log as this server holds it: everything above its base, through its head. */
export interface HeldLog {
  readonly origin: OriginId;
  readonly base: ChainedHead;
  readonly head: ChainedHead;
}

export interface LogRequest {
  readonly origin: OriginId;
  /** Exclusive. */
  readonly after: Head;
  /** Inclusive. */
  readonly through: Head;
}

export interface LogPage {
  /** Nothing at or below it is held. */
  readonly base: ChainedHead;
  /** In seq order; those that are dead and not trimmed yet among them. Empty: no more. */
  readonly entries: readonly Entry[];
}

export interface ListenRequest {
  /** A name, or a prefix that ends in `*`. */
  readonly channel: string;
  readonly since: ListenStart;
}

export type ListenStart =
  | { readonly kind: "now" }
  | { readonly kind: "start" }
  /** `generation` is absent when the reader gave a bare vector. */
  | {
      readonly kind: "vector";
      readonly vector: ReadonlyMap<OriginId, Head>;
      readonly generation?: number;
    };

/** Where a listener's lines go. */
export interface LineSink {
  /**
   * Takes one line without its line end; `channel` is the one it belongs to. Returns false
   * when the reader is behind: nothing more is written until `onDrain`'s listener was called.
   */
  write(line: string, channel: string): boolean;
  onDrain(listener: () => void): void;
  /** No more lines will come. */
  end(): void;
}

export interface Listening {
  /** Where this reader stands in each channel it listens to, as cursor text. */
  cursors(): ReadonlyMap<string, string>;
  /** Stops without a last line: the reader has gone. */
  close(): void;
}

export interface HostStatus {
  readonly id: ServerId;
  readonly url: string;
  readonly state: "self" | "connected" | "connecting";
  /** Since when it is in this state, ms since 1970. */
  readonly since: number;
  /** Entries of its current epoch that we know of and do not hold. */
  readonly lag: number;
  readonly version: string;
}

export interface OriginStatus {
  readonly origin: OriginId;
  /** From whom its entries come; absent for our own and for those nobody connected has. */
  readonly source?: ServerId;
  /** How many entries of it are held, over all channels, and a digest of their heads. */
  readonly count: number;
  readonly digest: string;
  /** 0 only while nobody shows more than is held, and the source shows just the same (R12). */
  readonly lagEntries: number;
  /** How long that has not been 0, in ms. */
  readonly lagMs: number;
  readonly parked: readonly ParkedLog[];
  /** Accepted gaps and forks seen, since this epoch was opened. */
  readonly gaps: number;
  readonly forks: number;
}

/** A log that waits: its store lost some of it (`damaged`), or what a peer sent was not right. */
export interface ParkedLog {
  readonly channel: string;
  /** Where it stands: `ts-seq`. */
  readonly head: string;
  readonly reason: string;
  /** When it was first parked for this reason, ms since 1970. */
  readonly sinceMs: number;
  /** From whom came what parked it; ourselves for a log that is damaged. */
  readonly from: ServerId;
  /** What is wrong, for people. */
  readonly detail?: string;
}

/** The links with one peer: the one on which we pull, and the one on which it pulls. */
export interface LinkStatus extends PeerTraffic {
  readonly peer: ServerId;
  /** Since when we pull from it, ms since 1970; absent while we do not. */
  readonly pullingSinceMs?: number;
  /** Its clock minus ours, in ms; absent while we do not pull from it. */
  readonly clockOffsetMs?: number;
  /** Whether it pulls from us. */
  readonly isServing: boolean;
}

/** How our clock stands to the neighborhood's. */
export interface ClockStatus {
  /** Ours minus the median of all, our own among them, in ms. */
  readonly aheadMs: number;
  /** More than 60 s off: nothing is judged by it, so nothing is trimmed, expired or collected. */
  readonly isAstray: boolean;
}

export interface ReplicationStatus {
  readonly serverId: ServerId;
  readonly origin: OriginId;
  readonly origins: readonly OriginStatus[];
  /** With every peer that is a host now or has a link, by name. */
  readonly links: readonly LinkStatus[];
  readonly readiness: Readiness;
  /** Equal on two servers exactly when their registries are. */
  readonly registryDigest: string;
  /** How many origins the channel has that has most: each epoch of a server is one. */
  readonly channelOriginsMax: number;
  readonly clock: ClockStatus;
}
