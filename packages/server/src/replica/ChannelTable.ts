import { emptySummary, moveHead, toOriginSummary } from "@dred/core";
import type { ChainedHead, RollingSummary } from "@dred/core";
import { channelNameOf, DredError } from "@dred/protocol";
import type {
  ChannelKey,
  ChannelName,
  ChannelOptions,
  LogHead,
  OriginId,
  OriginSummary,
} from "@dred/protocol";
import { ChannelReplica } from "./ChannelReplica.ts";
import type { ChannelObserver } from "./ChannelReplica.ts";
import type { DamagedLog } from "./examineLogs.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";

/** Whoever follows the channels of a replica: listeners and the links to peers. */
export type AppendListener = Pick<ChannelObserver, "appended" | "advanced">;

/** What the registry says of a channel; defaults while it is not known there. */
export interface ChannelConfiguration {
  readonly options: ChannelOptions;
  /** Every ts of this generation is larger. */
  readonly floorTs: number;
  /** What operators gave up of its logs: through which ts, by origin. */
  readonly cuts: ReadonlyMap<OriginId, number>;
}

export interface PlacedDamage extends DamagedLog {
  readonly channel: ChannelKey;
  readonly origin: OriginId;
}

/** How many channels are read at once when the replica opens. */
const OPEN_AT_ONCE = 64;

/** A log that has rested for so long when its origin was last written moves rarely. */
const MOVED_LAST_MS = 60_000;

const NOTHING = toOriginSummary(emptySummary());

/** All channels of one replica, and per origin the summary of what is held of it. */
export class ChannelTable {
  readonly #context: ReplicaContext;
  readonly #channels = new Map<ChannelKey, ChannelReplica>();
  /** All generations that are here of each name; more than one only while one ends. */
  readonly #generations = new Map<ChannelName, Set<ChannelKey>>();
  readonly #rolling = new Map<OriginId, RollingSummary>();
  /** The same as peers are told it: asked for far more often than heads move. */
  readonly #summaries = new Map<OriginId, OriginSummary>();
  /** Which channels have a log of an origin: what `heads` lists. */
  readonly #logs = new Map<OriginId, Map<ChannelKey, ChainedHead>>();
  readonly #listeners = new Set<AppendListener>();
  readonly #observer: ChannelObserver;

  readonly #settingsOf: (key: ChannelKey) => ChannelConfiguration;

  constructor(context: ReplicaContext, settingsOf: (key: ChannelKey) => ChannelConfiguration) {
    this.#context = context;
    this.#settingsOf = settingsOf;
    this.#observer = {
      appended: (channel, origin, before, entries) =>
        this.#tell((to) => to.appended(channel, origin, before, entries)),
      advanced: (channel) => this.#tell((to) => to.advanced(channel)),
      headMoved: (channel, origin, move) => this.#headMoved(channel.key, origin, move),
    };
  }

  /** Opens these channels, some at a time. */
  async openAll(keys: readonly ChannelKey[]): Promise<void> {
    const rest = [...keys];
    const worker = async (): Promise<void> => {
      for (let key = rest.pop(); key !== undefined; key = rest.pop()) await this.open(key);
    };
    await Promise.all(Array.from({ length: OPEN_AT_ONCE }, worker));
  }

  /** The channel, created if it is not known, without waiting for the store. */
  get(key: ChannelKey): ChannelReplica {
    let channel = this.#channels.get(key);
    if (channel === undefined) {
      channel = new ChannelReplica(this.#context, key, this.#observer);
      const { options, floorTs, cuts } = this.#settingsOf(key);
      channel.configure(options, floorTs);
      channel.life.cut(cuts);
      this.#channels.set(key, channel);
      const name = channelNameOf(key);
      this.#generations.set(name, (this.#generations.get(name) ?? new Set()).add(key));
    }
    return channel;
  }

  /** Every generation of this name that is here, also those that the registry does not know. */
  generationsOf(name: ChannelName): ChannelKey[] {
    return [...(this.#generations.get(name) ?? [])];
  }

  find(key: ChannelKey): ChannelReplica | undefined {
    return this.#channels.get(key);
  }

  async open(key: ChannelKey): Promise<ChannelReplica> {
    const channel = this.get(key);
    await channel.open();
    return channel;
  }

  /** Logs that are damaged in the store, in all channels. */
  damaged(): PlacedDamage[] {
    return [...this.#channels.values()].flatMap(({ key: channel, damaged }) =>
      [...damaged].map(([origin, damage]) => ({ ...damage, channel, origin })),
    );
  }

  /** How many origins the longest cursor names. */
  originsMax(): number {
    let most = 0;
    for (const channel of this.#channels.values()) {
      const { heads } = channel.content;
      if (heads.size > most) most = Math.max(most, channel.life.carried(heads).size);
    }
    return most;
  }

  all(): IterableIterator<ChannelReplica> {
    return this.#channels.values();
  }

  /** Forgets a channel whose generation is deleted; its readers were told before. */
  drop(key: ChannelKey): void {
    const channel = this.#channels.get(key);
    if (channel === undefined) return;
    this.#channels.delete(key);
    const name = channelNameOf(key);
    const left = this.#generations.get(name);
    left?.delete(key);
    if (left?.size === 0) this.#generations.delete(name);
    channel.close(new DredError("channel-not-found", "channel not found"));
  }

  /** Who is told of every append, in the tick in which it is known; returns how to stop. */
  listen(listener: AppendListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  summaryOf(origin: OriginId): OriginSummary {
    return this.#summaries.get(origin) ?? NOTHING;
  }

  /** Of every origin of which there is a log; it changes as heads move. */
  summaries(): ReadonlyMap<OriginId, OriginSummary> {
    return this.#summaries;
  }

  /** The heads of all logs of an origin, sorted by channel, from `from` on. */
  headsOf(origin: OriginId, from: ChannelKey | undefined): LogHead[] {
    const logs = this.#logs.get(origin) ?? new Map<ChannelKey, ChainedHead>();
    return [...logs.keys()]
      .filter((key) => from === undefined || key >= from)
      .sort()
      .map((key) => {
        const { ts, seq, chain } = logs.get(key) ?? { ts: 0, seq: 0, chain: "" };
        return [key, { ts, seq }, chain];
      });
  }

  /** The logs of an origin that moved in its last minute, at most so many: the last ones. */
  movedLast(origin: OriginId, most: number): ChannelKey[] {
    const logs = [...(this.#logs.get(origin) ?? [])];
    const newestTs = logs.reduce((newest, [, { ts }]) => Math.max(newest, ts), 0);
    const moved = logs.filter(([, { ts }]) => ts > newestTs - MOVED_LAST_MS * 1000);
    if (moved.length > most) moved.sort(([, a], [, b]) => b.ts - a.ts);
    return moved.slice(0, most).map(([key]) => key);
  }

  close(error: DredError): void {
    for (const channel of this.#channels.values()) channel.close(error);
    this.#channels.clear();
    this.#generations.clear();
  }

  #tell(call: (listener: AppendListener) => void): void {
    for (const listener of this.#listeners) call(listener);
  }

  #headMoved(
    channel: ChannelKey,
    origin: OriginId,
    move: { readonly before: ChainedHead | undefined; readonly after: ChainedHead | undefined },
  ): void {
    const rolling = this.#rolling.get(origin) ?? emptySummary();
    moveHead(rolling, this.#context.hash.sha256, { channel, origin, ...move });
    let logs = this.#logs.get(origin);
    if (logs === undefined) this.#logs.set(origin, (logs = new Map<ChannelKey, ChainedHead>()));
    if (move.after === undefined) logs.delete(channel);
    else logs.set(channel, move.after);
    if (logs.size > 0) {
      this.#rolling.set(origin, rolling);
      this.#summaries.set(origin, toOriginSummary(rolling));
      return;
    }
    this.#logs.delete(origin);
    this.#rolling.delete(origin);
    this.#summaries.delete(origin);
  }
}
