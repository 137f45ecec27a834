import type {
  ChannelKey,
  Entry,
  Epoch,
  Head,
  Neighborhood,
  OriginId,
  RegistryRecord,
  ServerId,
} from "@dred/protocol";
import type { ChainedHead, CommitPlan } from "@dred/core";

export interface CallOptions {
  /** Cancels the wait. A cancelled write may still have happened. */
  readonly signal: AbortSignal;
}

export interface StoreOwner {
  readonly neighborhood: Neighborhood;
  readonly serverId: ServerId;
  /** Random, one for each start of a process: whose lease it is. */
  readonly instance: string;
}

export interface OpenRequest extends StoreOwner {
  /**
   * Gives a new epoch, larger than `known` and than all that this process has heard of.
   * Called when the store's life was broken (it is empty, restored, restarted, failed over)
   * or when `isEpochLost` says so.
   */
  mintEpoch(known: Epoch | undefined): Epoch;
  /** True when a peer or a head showed that this store forgot something: never continue. */
  readonly isEpochLost: boolean;
}

/**
 * Durable, ordered storage of entries: the port that every store implements. A store
 * compares and appends; it never decides what to keep. All methods reject with a DredError:
 *
 * - `store-unavailable`: not reachable, busy, loading or too slow; the outcome of a write
 *   is then unknown until the channel was opened again. Worth trying again.
 * - `store-full`: no memory; nothing was written. Only what makes the store larger is refused:
 *   opening, removing, and what heals go on.
 * - `store-damaged`: a key has the wrong type, an entry cannot be read, or a log cannot be cut for
 *   lack of memory; nothing was written.
 *   Open the channel again: the answer says which log it is.
 * - `store-fenced`: the store is not the one that was opened (its replication id, store id,
 *   epoch or stamp changed); nothing was written. Open the store again.
 * - `store-refused`: it cannot be used at all (another process holds its lease, eviction
 *   policy, version, layout, a key of the wrong type); `detail` says what to do.
 */
export interface Store {
  /**
   * Takes the owner's lease (waits out another's, at most 5 s, and refuses when that one
   * was renewed), checks policy and layout, continues the store's epoch or mints a new one
   * (R2), and stamps the registry.
   */
  open(request: OpenRequest, options: CallOptions): Promise<StoreSession>;
  /** Lets the connections go; every session must have been closed before. */
  close(): Promise<void>;
}

/** Fields of the registry and their new values. */
export interface RegistryWrite {
  readonly records: readonly RegistryRecord[];
  /** Whether they are written also when the store is full: what frees memory, or is needed then. */
  readonly mayExceedMemory: boolean;
}

/** An opened store, as long as its life is unbroken and the lease is held. */
export interface StoreSession {
  /** Random, minted with the store; two servers never show the same one. */
  readonly storeId: string;
  readonly epoch: Epoch;

  /**
   * Renews the lease and checks replication id, store id, epoch and the registry's stamp; call it
   * each second.
   */
  renew(options: CallOptions): Promise<void>;

  /** All channels of which anything is stored, listed in the registry or not. */
  channels(options: CallOptions): Promise<ChannelKey[]>;

  /**
   * Stamps the channel with this session's epoch and owner and reads what it holds. The entries
   * are the truth, and what they do not bear out is said per log in `faults`. What follows from
   * them (index, notes of twins) and could not be read is removed. An unknown channel is empty
   * and is created by its first commit or stamp.
   *
   * The store remembers for windows of which length the index was written: until `settleIndex`,
   * every opening says in `isIndexLost` that there are others or that something was removed.
   *
   * @param windowMs The length of the windows in which commits will index from now on.
   * @throws DredError `store-fenced` also when the channel's record of its logs is gone although
   *   this epoch wrote there, with or without the logs: the store forgot something (R2).
   */
  openChannel(channel: ChannelKey, windowMs: number, options: CallOptions): Promise<StoredChannel>;

  /**
   * Appends entries of one log, all or none, if the log's head is `expected`, the channel was
   * opened last for the plan's windows, and every identity's index value is what the caller
   * believes. That this epoch writes in the channel is noted before, outside of it.
   */
  commit(channel: ChannelKey, commit: CommitPlan, options: CallOptions): Promise<CommitReply>;

  /**
   * Writes what the index and the twins shall hold of entries that the log holds already, and
   * moves its head to the last of them if that lies beyond it: `plan.expected` is the head that
   * the log has, wherever the entries lie. Answers as `commit` does.
   */
  reindex(channel: ChannelKey, plan: CommitPlan, options: CallOptions): Promise<CommitReply>;

  /**
   * All logs were reindexed for windows of this length. Changes nothing when the channel was
   * opened for windows of another length since.
   */
  settleIndex(channel: ChannelKey, windowMs: number, options: CallOptions): Promise<void>;

  /**
   * Forgets what a log holds above `head`, because something below is missing. `mismatch` also
   * where it does not hold all from its base through `head`.
   *
   * @throws DredError `store-damaged` also without memory: what is kept takes it twice meanwhile.
   */
  shorten(channel: ChannelKey, shortening: Shortening, options: CallOptions): Promise<CommitReply>;

  /** Moves an empty-handed head forward over entries that are dead (a gap). */
  skip(channel: ChannelKey, skip: Skip, options: CallOptions): Promise<CommitReply>;

  /**
   * Reads one log. Entries at or below the log's base are never returned.
   *
   * @throws DredError `store-damaged` when one of them cannot be read.
   */
  range(channel: ChannelKey, range: Range, options: CallOptions): Promise<Entry[]>;

  /** How many bytes the channel takes in the store, index and streams included; 0 for none. */
  bytes(channel: ChannelKey, options: CallOptions): Promise<number>;

  /** How much memory the whole store uses, and how much it may. */
  memory(options: CallOptions): Promise<StoreMemory>;

  /** Removes all entries of a log up to and including `base` and remembers it. */
  trim(channel: ChannelKey, trim: Trim, options: CallOptions): Promise<void>;

  /** Removes everything of a deleted generation. */
  dropChannel(channel: ChannelKey, options: CallOptions): Promise<void>;

  loadRegistry(options: CallOptions): Promise<RegistryRecord[]>;
  /**
   * Sets these fields, or removes those with an empty value, all or none.
   *
   * @throws DredError `store-full`, unless it may exceed that.
   */
  writeRegistry(write: RegistryWrite, options: CallOptions): Promise<void>;

  /** Gives the lease back if it can be reached; never rejects. */
  close(): Promise<void>;
}

export interface StoreMemory {
  readonly usedBytes: number;
  /** Infinity where nothing is known to limit it. */
  readonly limitBytes: number;
  /** A sentence, without its full stop, on how to get to so many megabytes. */
  readonly howToRaise: (megabytes: number) => string;
}

export interface StoredChannel {
  readonly heads: ReadonlyMap<OriginId, ChainedHead>;
  /** Per origin what was trimmed or skipped: everything at or below it is gone. */
  readonly bases: ReadonlyMap<OriginId, ChainedHead>;
  /** Digest of (sender, ocid) to the noted value; nearly always empty. */
  readonly twins: ReadonlyMap<string, string>;
  /** Logs that do not hold exactly what lies after their base through their head. */
  readonly faults: ReadonlyMap<OriginId, LogFault>;
  /**
   * Whether the logs are to be reindexed, because the index or the notes of twins had to be
   * removed, or the index was written for windows of another length.
   */
  readonly isIndexLost: boolean;
}

/**
 * What is wrong with a log. `ahead`: entries follow the head without a hole, because a commit died
 * before it was indexed. `broken`: entries are missing, or others than ours are there.
 * `unreadable`: its key has another type.
 */
export type LogFault = "ahead" | "broken" | "unreadable";

export type CommitReply =
  | { readonly status: "done" }
  /** Nothing was written: these digests hold other values than expected ("" for none). */
  | { readonly status: "known"; readonly values: ReadonlyMap<string, string> }
  /** Nothing was written: the log's head is another, or the windows are. Open the channel again. */
  | { readonly status: "mismatch"; readonly head: Head };

export interface Skip {
  readonly origin: OriginId;
  readonly expected: Head;
  /** The new head and base of the log. */
  readonly base: ChainedHead;
}

export interface Shortening {
  readonly origin: OriginId;
  readonly expected: Head;
  /** The new head: what is held from the base through it has no hole. */
  readonly head: ChainedHead;
}

export interface Range {
  readonly origin: OriginId;
  /** Exclusive lower bound, by ts. */
  readonly afterTs: number;
  /** Exclusive upper bound, by ts; Infinity for none. */
  readonly beforeTs: number;
  readonly order: "asc" | "desc";
  /** 1 to 1000 entries. */
  readonly entriesMax: number;
  /** Stops after the entry with which the lines reach this many characters. */
  readonly charsMax: number;
}

export interface Trim {
  readonly origin: OriginId;
  readonly base: ChainedHead;
  /** Digests whose noted twins are all dead. */
  readonly twinsGone: readonly string[];
}
