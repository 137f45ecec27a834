import type { CommitPlan } from "@dred/core";
import type { ChannelKey, Entry, Epoch, RegistryRecord } from "@dred/protocol";
import type { Clock } from "../../replica/ports/Clock.ts";
import type { Log } from "../../replica/ports/Log.ts";
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
import { channelBytes } from "./channelBytes.ts";
import { ChannelParts } from "./ChannelParts.ts";
import { checkRegistry } from "./checkRegistry.ts";
import { commitEntries, reindexEntries } from "./commitEntries.ts";
import { dropChannel } from "./dropChannel.ts";
import { openChannel } from "./openChannel.ts";
import { readMemory } from "./readMemory.ts";
import { readRange } from "./readRange.ts";
import { loadRegistry } from "./registryFields.ts";
import { releaseLease } from "./releaseLease.ts";
import { renewLease } from "./renewLease.ts";
import { checkPolicy } from "./serverChecks.ts";
import type { SessionAccess } from "./SessionAccess.ts";
import { settleIndex } from "./settleIndex.ts";
import { shortenLog } from "./shortenLog.ts";
import { skipEntries } from "./skipEntries.ts";
import { trimLog } from "./trimLog.ts";
import { writeRegistry } from "./writeRegistry.ts";

const POLICY_CHECK_INTERVAL_MS = 60_000;
const RELEASE_MS_MAX = 2_000;

/** One life of a store in Redis: each operation is a file of its own beside this one. */
export class RedisSession implements StoreSession {
  readonly #access: SessionAccess;
  readonly #clock: Clock;
  readonly #log: Log;
  #policyCheckedAt: number;
  #registryWrites = 0;

  constructor(access: SessionAccess, edges: { readonly clock: Clock; readonly log: Log }) {
    this.#access = access;
    this.#clock = edges.clock;
    this.#log = edges.log;
    this.#policyCheckedAt = edges.clock.steady();
  }

  get storeId(): string {
    return this.#access.life.storeId;
  }

  get epoch(): Epoch {
    return this.#access.life.epoch;
  }

  async renew(options: CallOptions): Promise<void> {
    // Scripts stay within one hash tag, so these are two; they go in one round trip.
    const access = this.#access;
    await Promise.all([renewLease(access, options), checkRegistry(access, options)]);
    const now = this.#clock.steady();
    if (now - this.#policyCheckedAt < POLICY_CHECK_INTERVAL_MS) return;
    await checkPolicy(this.#access.writes, this.#log, options);
    this.#policyCheckedAt = now;
  }

  async channels(options: CallOptions): Promise<ChannelKey[]> {
    const { reads, keys } = this.#access;
    return (await ChannelParts.scan(reads, keys, options)).channels();
  }

  openChannel(channel: ChannelKey, windowMs: number, options: CallOptions): Promise<StoredChannel> {
    return openChannel(this.#access, channel, windowMs, options);
  }

  async commit(
    channel: ChannelKey,
    commit: CommitPlan,
    options: CallOptions,
  ): Promise<CommitReply> {
    checkCommit(commit);
    return commitEntries(this.#access, channel, commit, options);
  }

  async reindex(channel: ChannelKey, plan: CommitPlan, options: CallOptions): Promise<CommitReply> {
    checkReindex(plan);
    return reindexEntries(this.#access, channel, plan, options);
  }

  settleIndex(channel: ChannelKey, windowMs: number, options: CallOptions): Promise<void> {
    return settleIndex(this.#access, channel, windowMs, options);
  }

  shorten(channel: ChannelKey, to: Shortening, options: CallOptions): Promise<CommitReply> {
    return shortenLog(this.#access, channel, to, options);
  }

  async skip(channel: ChannelKey, skip: Skip, options: CallOptions): Promise<CommitReply> {
    checkSkip(skip);
    return skipEntries(this.#access, channel, skip, options);
  }

  range(channel: ChannelKey, range: Range, options: CallOptions): Promise<Entry[]> {
    return readRange(this.#access, channel, range, options);
  }

  bytes(channel: ChannelKey, options: CallOptions): Promise<number> {
    return channelBytes(this.#access, channel, options);
  }

  memory(options: CallOptions): Promise<StoreMemory> {
    return readMemory(this.#access.reads, options);
  }

  trim(channel: ChannelKey, trim: Trim, options: CallOptions): Promise<void> {
    return trimLog(this.#access, channel, trim, options);
  }

  dropChannel(channel: ChannelKey, options: CallOptions): Promise<void> {
    return dropChannel(this.#access, channel, options);
  }

  loadRegistry(options: CallOptions): Promise<RegistryRecord[]> {
    return loadRegistry(this.#access, options);
  }

  async writeRegistry(write: RegistryWrite, options: CallOptions): Promise<void> {
    this.#registryWrites++;
    await writeRegistry(this.#access, { ...write, number: this.#registryWrites }, options);
  }

  async close(): Promise<void> {
    try {
      await releaseLease(this.#access, { signal: AbortSignal.timeout(RELEASE_MS_MAX) });
    } catch {
      // It ends by itself: the next starter waits it out.
    }
  }
}
