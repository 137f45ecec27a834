import type { CommitPlan } from "@dred/core";
import { compareEpochs, DredError, epochTimeMs } from "@dred/protocol";
import type {
  ChannelKey,
  Entry,
  Epoch,
  Neighborhood,
  OriginId,
  RegistryRecord,
} from "@dred/protocol";
import type {
  CallOptions,
  CommitReply,
  Range,
  Shortening,
  Skip,
  StoredChannel,
  StoreMemory,
  RegistryWrite,
  StoreSession,
  Trim,
} from "../../replica/ports/Store.ts";
import { checkCommit, checkReindex, checkSkip } from "../checkCommit.ts";
import { diskFull } from "./DiskAccess.ts";
import type { DiskAccess } from "./DiskAccess.ts";
import type { DiskChannel, DiskStamp } from "./DiskChannel.ts";
import type { DiskArea } from "./MemoryDisk.ts";

export interface MemoryLife extends DiskStamp {
  readonly neighborhood: Neighborhood;
  readonly storeId: string;
  /** `serverId.epoch`: the origin that this epoch writes. */
  readonly origin: OriginId;
  readonly leaseMs: number;
}

/** One life of a store in memory; it answers as the scripts of the Redis store do. */
export class MemorySession implements StoreSession {
  readonly #access: DiskAccess;
  readonly #life: MemoryLife;
  /** Channels of which this session has noted that its epoch writes there. */
  readonly #noted = new Set<ChannelKey>();

  constructor(access: DiskAccess, life: MemoryLife) {
    this.#access = access;
    this.#life = life;
  }

  get storeId(): string {
    return this.#life.storeId;
  }

  get epoch(): Epoch {
    return this.#life.epoch;
  }

  get #area(): DiskArea {
    return this.#access.disk.area(this.#life.neighborhood);
  }

  renew(options: CallOptions): Promise<void> {
    return this.#access.perform("renew", options, () => {
      this.#renewLease();
      this.#checkStamp(this.#area.registryStamp);
    });
  }

  #renewLease(): void {
    const { owner } = this.#area;
    if (owner === undefined) throw fenced("the store was emptied");
    if (owner.instance !== this.#life.owner) throw fenced("another process took the lease");
    if (owner.storeId !== this.storeId || owner.epoch !== this.epoch) {
      throw fenced("the store id or the epoch changed");
    }
    this.#checkReplid();
    const leaseUntil = this.#access.clock.now() + this.#life.leaseMs;
    this.#area.owner = { ...owner, leaseUntil };
  }

  channels(options: CallOptions): Promise<ChannelKey[]> {
    return this.#access.perform("channels", options, () => [...this.#area.channels.keys()]);
  }

  openChannel(key: ChannelKey, windowMs: number, options: CallOptions): Promise<StoredChannel> {
    return this.#access.perform("openChannel", options, (writes) => {
      this.#checkReplid();
      this.#renewLease();
      const channel = this.#area.channel(key);
      this.#checkNotNewer(channel.stamp);
      const hasWritten = this.#area.wrote.get(key) === this.epoch;
      if (hasWritten && channel.stamp?.epoch !== this.epoch) {
        throw fenced(`${key} lost what this epoch wrote there`);
      }
      const isIndexLost = channel.heal(this.#stamp(), windowMs, writes);
      const { heads, bases, twins } = channel;
      const held = { heads: new Map(heads), bases: new Map(bases), twins: new Map(twins) };
      return { ...held, faults: channel.faults(), isIndexLost };
    });
  }

  #stamp(): DiskStamp {
    const { epoch, owner, replid } = this.#life;
    return { epoch, owner, replid };
  }

  async commit(key: ChannelKey, commit: CommitPlan, options: CallOptions): Promise<CommitReply> {
    checkCommit(commit);
    if (commit.origin === this.#life.origin) await this.#noteWritten(key, options);
    return this.#access.perform("commit", options, (writes): CommitReply => {
      const channel = this.#ownChannel(key);
      const nowMs = this.#access.clock.now();
      const refusal = channel.refusalOf(commit, nowMs);
      if (refusal !== undefined) return refusal;
      channel.append(commit, writes);
      channel.note(commit, nowMs, writes);
      return { status: "done" };
    });
  }

  async #noteWritten(key: ChannelKey, options: CallOptions): Promise<void> {
    if (this.#noted.has(key)) return;
    await this.#access.perform("noteWritten", options, (writes) => {
      this.#checkOwner();
      writes.make(() => this.#area.wrote.set(key, this.epoch));
    });
    this.#noted.add(key);
  }

  async reindex(key: ChannelKey, plan: CommitPlan, options: CallOptions): Promise<CommitReply> {
    checkReindex(plan);
    return this.#access.perform("reindex", options, (writes): CommitReply => {
      const channel = this.#ownChannel(key);
      const nowMs = this.#access.clock.now();
      const refusal = channel.reindexRefusalOf(plan, nowMs);
      if (refusal !== undefined) return refusal;
      channel.note(plan, nowMs, writes);
      return { status: "done" };
    });
  }

  settleIndex(key: ChannelKey, windowMs: number, options: CallOptions): Promise<void> {
    return this.#access.perform("settleIndex", options, (writes) => {
      this.#ownChannel(key).settleIndex(windowMs, writes);
    });
  }

  shorten(key: ChannelKey, shortening: Shortening, options: CallOptions): Promise<CommitReply> {
    return this.#access.perform("shorten", options, (writes, fault): CommitReply => {
      const channel = this.#ownChannel(key);
      const refusal = channel.shorteningRefusalOf(shortening);
      if (refusal !== undefined) return refusal;
      const { origin, head } = shortening;
      if (fault === "full" && channel.isCopiedFor(origin, head)) throw uncuttable(key, origin);
      channel.shorten(origin, head, writes);
      return { status: "done" };
    });
  }

  async skip(key: ChannelKey, skip: Skip, options: CallOptions): Promise<CommitReply> {
    checkSkip(skip);
    const { origin, expected, base } = skip;
    return this.#access.perform("skip", options, (writes): CommitReply => {
      const channel = this.#ownChannel(key);
      const refusal = channel.mismatchOf(origin, expected);
      if (refusal !== undefined) return refusal;
      channel.moveBase(origin, base, writes);
      return { status: "done" };
    });
  }

  range(key: ChannelKey, range: Range, options: CallOptions): Promise<Entry[]> {
    return this.#access.perform(
      "range",
      options,
      () => this.#area.channels.get(key)?.range(range) ?? [],
    );
  }

  bytes(key: ChannelKey, options: CallOptions): Promise<number> {
    return this.#access.perform("range", options, () => this.#area.channels.get(key)?.bytes() ?? 0);
  }

  /** Nothing limits the memory of a process but its end; a test may say what does. */
  memory(): Promise<StoreMemory> {
    const { limitBytes } = this.#access.disk;
    const channels = Number.isFinite(limitBytes) ? [...this.#area.channels.values()] : [];
    const usedBytes = channels.reduce((sum, channel) => sum + channel.bytes(), 0);
    return Promise.resolve({ usedBytes, limitBytes, howToRaise });
  }

  trim(key: ChannelKey, { origin, base, twinsGone }: Trim, options: CallOptions): Promise<void> {
    return this.#access.perform("trim", options, (writes) => {
      const channel = this.#ownChannel(key);
      if (base.ts > (channel.heads.get(origin)?.ts ?? 0)) {
        throw fenced(`${key} of ${origin} ends before ${base.ts}`);
      }
      channel.check(`log:${origin}`, "twins");
      if (base.ts > (channel.bases.get(origin)?.ts ?? 0)) {
        channel.moveBase(origin, base, writes);
      }
      for (const digest of twinsGone) writes.make(() => channel.twins.delete(digest));
    });
  }

  dropChannel(key: ChannelKey, options: CallOptions): Promise<void> {
    return this.#access.perform("dropChannel", options, (writes) => {
      this.#access.disk.dropping();
      this.#checkOwner();
      const channel = this.#area.channels.get(key);
      this.#checkNotNewer(channel?.stamp);
      this.#noted.delete(key);
      writes.make(() => this.#area.wrote.delete(key));
      for (const part of channel?.parts() ?? []) writes.make(() => channel?.remove(part));
      this.#area.channels.delete(key);
    });
  }

  loadRegistry(options: CallOptions): Promise<RegistryRecord[]> {
    return this.#access.perform("loadRegistry", options, () => [...this.#area.registry]);
  }

  writeRegistry(write: RegistryWrite, options: CallOptions): Promise<void> {
    const { records, mayExceedMemory } = write;
    return this.#access.perform("writeRegistry", options, (writes, fault) => {
      if (fault === "full" && !mayExceedMemory) throw diskFull("writeRegistry");
      this.#checkStamp(this.#area.registryStamp);
      const gone = records.filter(([, value]) => value === "");
      const kept = records.filter(([, value]) => value !== "");
      for (const [field] of gone) writes.make(() => this.#area.registry.delete(field));
      writes.make(() => kept.forEach(([field, value]) => this.#area.registry.set(field, value)));
    });
  }

  /** The disk is asked for no fault: a lease that is not given back ends by itself. */
  close(): Promise<void> {
    const { owner } = this.#area;
    if (owner?.instance === this.#life.owner && this.#access.disk.isReachable) {
      this.#area.owner = { ...owner, leaseUntil: 0 };
    }
    return Promise.resolve();
  }

  /** The fence: every write to a channel begins with it. */
  #ownChannel(key: ChannelKey): DiskChannel {
    const channel = this.#area.channels.get(key);
    channel?.check("meta");
    this.#checkStamp(channel?.stamp);
    return channel ?? this.#area.channel(key);
  }

  #checkStamp(stamp: DiskStamp | undefined): void {
    this.#checkReplid();
    const { epoch, owner, replid } = this.#life;
    if (stamp?.epoch === epoch && stamp.owner === owner && stamp.replid === replid) return;
    throw fenced(`stamped by epoch ${stamp?.epoch ?? "none"}, owner ${stamp?.owner ?? "none"}`);
  }

  #checkOwner(): void {
    this.#checkReplid();
    const { owner } = this.#area;
    if (owner?.instance === this.#life.owner && owner.epoch === this.epoch) return;
    throw fenced("another process took the lease, or the epoch changed");
  }

  #checkReplid(): void {
    if (this.#access.disk.replid !== this.#life.replid) throw fenced("the replication id changed");
  }

  #checkNotNewer(stamp: DiskStamp | undefined): void {
    if (stamp === undefined || compareEpochs(stamp.epoch, this.epoch) <= 0) return;
    if (epochTimeMs(stamp.epoch) === epochTimeMs(this.epoch)) return; // as the scripts compare
    throw fenced(`stamped by the newer epoch ${stamp.epoch}`);
  }
}

function howToRaise(megabytes: number): string {
  return `Give the store ${megabytes} MB`;
}

function fenced(detail: string): DredError {
  return new DredError("store-fenced", `the store is not the one that was opened: ${detail}`);
}

function uncuttable(key: ChannelKey, origin: OriginId): DredError {
  return new DredError("store-damaged", `the log ${origin} of ${key} cannot be cut: no memory`);
}
