import {
  channelField,
  hostField,
  isCollectable,
  isFromFuture,
  isTakenWhenFull,
  largestTsOf,
  memberField,
  mergeValue,
  nextTs,
  noteCollected,
  parseField,
  parseValue,
  RegistryDigest,
} from "@dred/core";
import type { ChannelRecord, HostRecord, MemberRecord, RegistryValue, Stamp } from "@dred/core";
import { DredError, serverOf } from "@dred/protocol";
import type { ChannelKey, ChannelName, OriginId, RegistryRecord, ServerId } from "@dred/protocol";
import type { ReplicaContext } from "../ReplicaContext.ts";
import { differences } from "./differences.ts";
import { keptPlace } from "./keptPlace.ts";

/** Fields remembered whose value waits for its time; one that is forgotten is told again. */
const FUTURE_TOLD_MAX = 1_000;

/** One field of the registry was replaced by a value of larger rank. */
export interface RegistryChange {
  readonly field: string;
  readonly before: RegistryValue | undefined;
  readonly after: RegistryValue;
}

/** Told of changes once they are stored; `records` are what peers must hear. */
export type RegistryListener = (
  changes: readonly RegistryChange[],
  records: readonly RegistryRecord[],
) => void;

/**
 * Channels, members and hosts of the neighborhood, replicated as one map that is merged by
 * rank. Writes go through the store one after the other: a change counts, and is told to
 * others, only when it is stored.
 */
export class Registry {
  readonly #context: ReplicaContext;
  readonly #texts = new Map<string, string>();
  readonly #values = new Map<string, RegistryValue>();
  readonly #digest: RegistryDigest;
  readonly #listeners: RegistryListener[] = [];
  /** Per channel what was given up of its logs, by origin: through which ts. */
  readonly #cuts = new Map<ChannelKey, Map<OriginId, number>>();
  /** Names of channels that are not deleted, so that listing them is cheap. */
  readonly #channels = new Set<ChannelName>();
  /** Fields of which a value waits for its time; each is told once. */
  readonly #future = new Set<string>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(context: ReplicaContext) {
    this.#context = context;
    this.#digest = new RegistryDigest(context.hash.sha256);
  }

  async load(): Promise<void> {
    for (const [field, text] of await this.#context.session.loadRegistry(this.#context)) {
      this.#apply(field, text);
    }
  }

  onChange(listener: RegistryListener): void {
    this.#listeners.push(listener);
  }

  channel(name: ChannelName): ChannelRecord | undefined {
    return this.#values.get(channelField(name)) as ChannelRecord | undefined;
  }

  channelNames(): IterableIterator<ChannelName> {
    return this.#channels.values();
  }

  member(channel: ChannelKey, id: string): MemberRecord | undefined {
    return this.#values.get(memberField(channel, id)) as MemberRecord | undefined;
  }

  /** Everyone who joined, or asked to, since the channel was created. */
  members(channel: ChannelKey): Map<string, MemberRecord> {
    const prefix = memberField(channel, "");
    const members = new Map<string, MemberRecord>();
    for (const [field, value] of this.#values) {
      if (value.kind === "member" && field.startsWith(prefix)) {
        members.set(field.slice(prefix.length), value);
      }
    }
    return members;
  }

  /** What operators gave up of the channel's logs: through which ts, by origin. */
  cuts(channel: ChannelKey): ReadonlyMap<OriginId, number> {
    return this.#cuts.get(channel) ?? new Map<OriginId, number>();
  }

  host(id: ServerId): HostRecord | undefined {
    return this.#values.get(hostField(id)) as HostRecord | undefined;
  }

  hosts(): Map<ServerId, HostRecord> {
    const hosts = new Map<ServerId, HostRecord>();
    for (const [field, value] of this.#values) {
      const parsed = value.kind === "host" ? parseField(field) : undefined;
      if (value.kind === "host" && parsed?.kind === "host") hosts.set(parsed.id, value);
    }
    return hosts;
  }

  digest(): string {
    return this.#digest.total();
  }

  buckets(): string[] {
    return this.#digest.buckets();
  }

  /** What a peer lacks or has otherwise, as far as its buckets tell. */
  differences(theirs: readonly string[]): RegistryRecord[] {
    const ours = { records: this.#texts, buckets: this.#digest.buckets() };
    return differences(this.#context, ours, theirs);
  }

  /** A stamp of our own, later than `after`: that of the value it replaces. */
  stamp(after = 0): Stamp {
    const ts = nextTs(this.#context.stampNowMs(), after);
    return { ts, origin: this.#context.origin };
  }

  /**
   * Decides and writes while nothing else writes: what `decide` sees is what its records
   * are merged into. Resolves with what changed, after it is stored and told.
   *
   * @throws DredError what `decide` throws, or a store's error; then nothing has changed.
   */
  update(
    decide: () => readonly (readonly [field: string, value: RegistryValue])[],
  ): Promise<readonly RegistryRecord[]> {
    return this.#inTurn(() =>
      this.#write(decide().map(([field, value]) => [field, JSON.stringify(value)])),
    );
  }

  /** Forgets what need not be known any more, and notes in our host record that we did. */
  collect(): Promise<void> {
    return this.#inTurn(async () => {
      const gone = [...this.#values].filter((entry) => this.#isForgotten(...entry));
      const { origin } = this.#context;
      const field = hostField(serverOf(origin));
      const host = this.#values.get(field);
      if (gone.length === 0 || host?.kind !== "host") return;
      const tombstones = gone.map(([, value]) => value).filter(({ kind }) => kind === "channel");
      const noted =
        tombstones.length === 0 ? {} : noteCollected(host, tombstones as ChannelRecord[]);
      const after = { ...host, ...noted, updated: this.stamp(host.updated.ts) };
      const removals = gone.map(([name]): RegistryRecord => [name, ""]);
      await this.#store([...removals, [field, JSON.stringify(after)]], true);
    });
  }

  #isForgotten(field: string, value: RegistryValue): boolean {
    const channel = (name: ChannelName): ChannelRecord | undefined => this.channel(name);
    return isCollectable(field, value, { nowMs: this.#context.stampNowMs(), channel });
  }

  /** Merges what a peer sent; records of a form we do not know are left out, and logged. */
  merge(records: readonly RegistryRecord[]): Promise<readonly RegistryRecord[]> {
    return this.#inTurn(() => {
      const due = records.filter((record) => this.#isDue(record));
      return this.#write(due.map((record) => this.#keepingOurs(record)));
    });
  }

  #keepingOurs([field, text]: RegistryRecord): RegistryRecord {
    if (field !== hostField(serverOf(this.#context.origin))) return [field, text];
    const kept = keptPlace(this.#context, this.#values.get(field), parsed(field, text));
    return [field, kept === undefined ? text : JSON.stringify(kept)];
  }

  /**
   * By a clock that is far ahead, a channel's record would make everybody stamp after it, and a cut
   * kill what is posted now. It is left out until its time has come; the peer gives it again while
   * the digests differ.
   */
  #isDue([field, text]: RegistryRecord): boolean {
    if (this.#texts.get(field) === text) return true;
    const value = parsed(field, text);
    if (value === undefined) return true;
    if (this.#isForgotten(field, value) && !this.#texts.has(field)) return false; // by us already
    const ts = reachOf(value);
    if (ts === 0) return true;
    const isFuture = isFromFuture(ts, this.#context.stampNowMs());
    if (isFuture && !this.#future.has(field)) {
      this.#context.log.error("a channel's record waits: it is from the future", { field });
    }
    if (this.#future.size >= FUTURE_TOLD_MAX) this.#future.clear();
    if (isFuture) this.#future.add(field);
    else this.#future.delete(field);
    return !isFuture;
  }

  #inTurn<Result>(action: () => Promise<Result>): Promise<Result> {
    const result = this.#tail.then(action);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #write(records: readonly RegistryRecord[]): Promise<readonly RegistryRecord[]> {
    const winners = this.#winnersOf(records);
    const isUrgent = ([field, text]: RegistryRecord): boolean =>
      isTakenWhenFull(parseValue(field, text));
    await this.#store(winners.filter(isUrgent), true);
    await this.#store(
      winners.filter((record) => !isUrgent(record)),
      false,
    );
    return winners;
  }

  /** Stores records as they are, and tells of them; one without a value is removed. */
  async #store(records: readonly RegistryRecord[], mayExceedMemory: boolean): Promise<void> {
    if (records.length === 0) return;
    try {
      await this.#context.session.writeRegistry({ records, mayExceedMemory }, this.#context);
    } catch (error) {
      if (error instanceof DredError && error.code === "store-fenced") {
        this.#context.fail({ reason: "fenced", detail: error.detail });
      }
      throw error;
    }
    for (const [field, text] of records) if (text === "") this.#forget(field);
    const winners = records.filter(([, text]) => text !== "");
    const changes = winners.map(([field, text]) => this.#apply(field, text));
    for (const listener of this.#listeners) listener(changes, winners);
  }

  #winnersOf(records: readonly RegistryRecord[]): RegistryRecord[] {
    const winners = new Map<string, string>();
    for (const [field, text] of records) {
      try {
        const winner = mergeValue(field, winners.get(field) ?? this.#texts.get(field), text);
        if (winner !== undefined) winners.set(field, winner);
      } catch (error) {
        this.#context.log.warn("a registry record was left out", { field, error });
      }
    }
    return [...winners];
  }

  #forget(field: string): void {
    this.#digest.replace(field, this.#texts.get(field), undefined);
    this.#texts.delete(field);
    this.#values.delete(field);
  }

  #apply(field: string, text: string): RegistryChange {
    const before = this.#values.get(field);
    const after = parseValue(field, text);
    this.#digest.replace(field, this.#texts.get(field), text);
    this.#texts.set(field, text);
    this.#values.set(field, after);
    const parsed = parseField(field);
    if (parsed.kind === "channel" && after.kind === "channel") {
      if (after.isDeleted) this.#channels.delete(parsed.name);
      else this.#channels.add(parsed.name);
    }
    if (parsed.kind === "cut" && after.kind === "cut") {
      const cuts = this.#cuts.get(parsed.channel) ?? new Map<OriginId, number>();
      this.#cuts.set(parsed.channel, cuts.set(parsed.origin, after.through.ts));
    }
    return { field, before, after };
  }
}

/** The ts that the record makes others respect; 0 for none. */
function reachOf(value: RegistryValue): number {
  if (value.kind === "channel") return largestTsOf(value);
  return value.kind === "cut" ? value.through.ts : 0;
}

function parsed(field: string, text: string): RegistryValue | undefined {
  try {
    return parseValue(field, text);
  } catch {
    return undefined; // left out, and told, when it is merged
  }
}
