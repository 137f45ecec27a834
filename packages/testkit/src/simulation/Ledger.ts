import { deadRanges, isDead } from "@dred/core";
import { channelNameOf, headOf, serverOf, toMid } from "@dred/protocol";
import type { ChannelKey, Entry, Head, OriginId, Position } from "@dred/protocol";
import type { DiskChannel } from "@dred/server";
import { MADE_UP } from "./forgedEntries.ts";
import { postedIn } from "./posted.ts";
import { expectThat } from "./properties/expectThat.ts";
import type { SimChannel } from "./SimChannel.ts";
import { NEIGHBORHOOD } from "./SimServer.ts";
import type { SimServer } from "./SimServer.ts";
import type { Place, SimPost } from "./SimPost.ts";

/** Everything that one log ever contained, by seq - 1, whoever held it. */
interface KnownLog {
  readonly entries: (Entry | undefined)[];
  head: Head;
}

/** Through where one store's log was looked at. */
interface Seen {
  seq: number;
  baseSeq: number;
}

/** How far the clocks of two servers may differ, and how old a judgement of death may be, in ms. */
export const SKEW_MS = 2_500;

/**
 * All that was ever appended in a run, and which store holds what: the truth that replicas
 * and readers are judged by. It looks into the stores themselves, after every step and before
 * anything destroys data, and finds what P1, P2 and P3 forbid.
 */
export class Ledger {
  readonly #channels: readonly SimChannel[];
  readonly #logs = new Map<string, KnownLog>();
  readonly #origins = new Map<ChannelKey, Set<OriginId>>();
  readonly #seen = new Map<SimServer, Map<string, Seen>>();
  #nowMs = 0;
  /** When a store last lost something, ms of the true time. */
  lastLossMs = 0;
  /** When a store last became another one, with or without a loss. */
  lastChangeMs = 0;

  readonly #givenUp: ReadonlyMap<string, Head>;

  /** @param givenUp What operators gave up: `channel~g origin`, and through where. */
  constructor(channels: readonly SimChannel[], givenUp: ReadonlyMap<string, Head>) {
    this.#channels = channels;
    this.#givenUp = givenUp;
  }

  scanAll(servers: readonly SimServer[], nowMs: number): void {
    this.#nowMs = nowMs;
    const present = servers.filter(({ hasLeft }) => !hasLeft);
    for (const server of present) this.#scan(server);
    for (const server of present) this.#checkBases(server);
  }

  /** The server's store lost something: what it holds may begin again from anywhere. */
  forget(server: SimServer, nowMs: number): void {
    this.#seen.delete(server);
    this.lastLossMs = nowMs;
    this.noteChange(nowMs);
  }

  /** A store is another one from now on, and its server does not know it yet. */
  noteChange(nowMs: number): void {
    this.lastChangeMs = nowMs;
  }

  /** After a loss: which of the acknowledged posts no server holds any more. */
  newlyLost(servers: readonly SimServer[], posts: readonly SimPost[]): SimPost[] {
    return posts.filter((post) => {
      return post.place !== undefined && !post.isLost && !this.isHeldBySome(servers, post.place);
    });
  }

  isHeldBySome(servers: readonly SimServer[], place: Place): boolean {
    const { key } = place;
    if (key === undefined) return false;
    return servers.some((server) => isHeld(channelOn(server, key), place));
  }

  /** A post was answered: which generation it is in. P1, and R4: acknowledged is stored. */
  place(post: SimPost, position: Position): ChannelKey | undefined {
    for (const key of this.generationsOf(post.channel)) {
      const entry = this.entryAt(key, position.origin, position);
      if (entry === undefined) continue;
      const { ocid, msg } = postedIn(entry);
      const isSame = ocid === post.ocid && msg === post.content;
      expectThat(isSame, `P1: ${post.ocid} was acknowledged at the place of ${ocid}`);
      return key;
    }
    const mid = toMid(position.origin, position);
    expectThat(post.channel.wasDeleted, `R4: ${post.ocid} at ${mid} was acknowledged, not stored`);
    return undefined;
  }

  /** What was appended at a place, if that is known. */
  entryAt(key: ChannelKey, origin: OriginId, { ts, seq }: Head): Entry | undefined {
    const entry = this.#logs.get(`${key} ${origin}`)?.entries[seq - 1];
    return entry?.ts === ts ? entry : undefined;
  }

  /** The generation that a reader's message is of: a place is unique in a channel's name. */
  keyOf(channel: SimChannel, { origin, ts, seq }: Position): ChannelKey | undefined {
    return this.generationsOf(channel).find((key) => this.entryAt(key, origin, { ts, seq }));
  }

  /** All generations of a channel in which anything was ever appended. */
  generationsOf({ name }: SimChannel): ChannelKey[] {
    return [...this.#origins.keys()].filter((key) => channelNameOf(key) === name);
  }

  /** Whether it may be dead by rule (R5), as far as any server's clock and heads go. */
  mayBeDead(channel: SimChannel, key: ChannelKey, place: Position): boolean {
    if (this.isGivenUp(key, place)) return true;
    const range = this.#deadRanges(channel, key, this.#nowMs + SKEW_MS).get(place.origin);
    return range !== undefined && isDead(range, place);
  }

  isGivenUp(key: ChannelKey, { origin, ts }: Pick<Position, "origin" | "ts">): boolean {
    return ts <= (this.#givenUp.get(`${key} ${origin}`)?.ts ?? 0);
  }

  /** Ocids at two places or more: which of them is shown changes when one dies. */
  twinsOf(key: ChannelKey): Set<string> {
    const once = new Set<string>();
    const twice = new Set<string>();
    for (const origin of this.#origins.get(key) ?? []) {
      for (const entry of this.#logs.get(`${key} ${origin}`)?.entries ?? []) {
        if (entry === undefined) continue;
        const { ocid } = postedIn(entry);
        (once.has(ocid) ? twice : once).add(ocid);
      }
    }
    return twice;
  }

  /** Largest heads ever, of each origin of a channel's generation. */
  headsOf(key: ChannelKey): Map<OriginId, Head> {
    const heads = new Map<OriginId, Head>();
    for (const origin of this.#origins.get(key) ?? []) {
      const head = this.#logs.get(`${key} ${origin}`)?.head;
      if (head !== undefined) heads.set(origin, head);
    }
    return heads;
  }

  /** Of which origins anything was ever appended, by generation of a channel. */
  get origins(): ReadonlyMap<ChannelKey, ReadonlySet<OriginId>> {
    return this.#origins;
  }

  /** What was appended behind a seq, as far as that was seen without a hole. */
  entriesAfter(key: ChannelKey, origin: OriginId, seq: number): Entry[] {
    const after: Entry[] = [];
    for (const entry of (this.#logs.get(`${key} ${origin}`)?.entries ?? []).slice(seq)) {
      if (entry === undefined) break;
      after.push(entry);
    }
    return after;
  }

  /** How many entries were ever appended that this server did not write. */
  countOfOthers({ name }: SimServer): number {
    let count = 0;
    for (const [log, { head }] of this.#logs) {
      const origin = log.slice(log.indexOf(" ") + 1) as OriginId;
      if (serverOf(origin) !== name) count += head.seq;
    }
    return count;
  }

  #deadRanges(channel: SimChannel, key: ChannelKey, nowMs: number): ReturnType<typeof deadRanges> {
    const { messageLifetime, maxMessages } = channel.options;
    const rules = {
      messageLifetimeMs: messageLifetime ?? Number.POSITIVE_INFINITY,
      maxMessages: maxMessages ?? Number.POSITIVE_INFINITY,
    };
    return deadRanges(rules, this.headsOf(key), nowMs);
  }

  #scan(server: SimServer): void {
    let seen = this.#seen.get(server);
    if (seen === undefined) this.#seen.set(server, (seen = new Map<string, Seen>()));
    const { channels } = server.disk.area(NEIGHBORHOOD);
    for (const [key, channel] of channels) {
      for (const origin of new Set([...channel.heads.keys(), ...channel.logs.keys()])) {
        const log = `${key} ${origin}`;
        const before = seen.get(log) ?? { seq: 0, baseSeq: 0 };
        seen.set(log, this.#scanLog(server, channel, { key, origin, before }));
      }
    }
    for (const log of seen.keys()) {
      const [key] = log.split(" ");
      if (channels.has(key as ChannelKey)) continue;
      const isDeleted = this.channelOf(key as ChannelKey)?.wasDeleted === true;
      expectThat(isDeleted, `P2: ${server.name} dropped ${key}, which nobody deleted`);
      seen.delete(log);
    }
  }

  /** Only after all were looked at: what one passed over may have been new on another. */
  #checkBases(server: SimServer): void {
    const seen = this.#seen.get(server);
    for (const [key, { bases }] of server.disk.area(NEIGHBORHOOD).channels) {
      for (const [origin, { seq: baseSeq }] of bases) {
        const before = seen?.get(`${key} ${origin}`);
        for (let seq = (before?.baseSeq ?? 0) + 1; seq <= baseSeq; seq++) {
          this.#checkPassed(server.name, { key, origin, seq });
        }
        if (before !== undefined) before.baseSeq = baseSeq;
      }
    }
  }

  #scanLog(
    { name }: SimServer,
    channel: DiskChannel,
    at: { readonly key: ChannelKey; readonly origin: OriginId; readonly before: Seen },
  ): Seen {
    const { key, origin, before } = at;
    const entries = channel.logs.get(origin) ?? [];
    const seq = (entries.at(-1) ?? headOf(channel.bases, origin)).seq;
    expectThat(seq >= before.seq, `P2: ${name} fell from ${before.seq} to ${seq} in ${origin}`);
    const firstSeq = entries[0]?.seq ?? 0;
    const news = Math.max(0, before.seq + 1 - firstSeq);
    for (const [index, entry] of entries.slice(news).entries()) {
      const isNext = entry.seq === firstSeq + news + index;
      expectThat(isNext, `P3: ${name} has a hole in ${key} of ${origin}`);
      this.#learn(name, { key, origin, entry });
    }
    return { seq, baseSeq: before.baseSeq };
  }

  #learn(
    server: string,
    at: { readonly key: ChannelKey; readonly origin: OriginId; readonly entry: Entry },
  ): void {
    const { key, origin, entry } = at;
    const log = this.#logOf(key, origin);
    const known = log.entries[entry.seq - 1];
    const isForged = entry.line.includes(MADE_UP);
    expectThat(!isForged, `P1: ${server} holds what nobody wrote in ${key} of ${origin}`);
    if (known === undefined) {
      log.entries[entry.seq - 1] = entry;
      if (entry.seq > log.head.seq) log.head = { ts: entry.ts, seq: entry.seq };
      return;
    }
    const isSame =
      known.ts === entry.ts && known.line === entry.line && known.chain === entry.chain;
    const places = `${origin}/${known.ts}-${known.seq} and ${entry.ts}-${entry.seq}`;
    expectThat(isSame, `P1: ${server} has other content in ${key} at ${places}`);
  }

  /** P3: what a store passed over is dead by rule. */
  #checkPassed(
    server: string,
    at: { readonly key: ChannelKey; readonly origin: OriginId; readonly seq: number },
  ): void {
    const { key, origin, seq } = at;
    const { entries, head } = this.#logOf(key, origin);
    const what = `${seq} of ${origin} in ${key}`;
    expectThat(seq <= head.seq, `P3: ${server} passed over ${what}, which never was`);
    const entry = entries[seq - 1];
    const channel = this.channelOf(key);
    if (entry === undefined || channel === undefined) return;
    const isDeadNow = this.mayBeDead(channel, key, { origin, ts: entry.ts, seq });
    expectThat(isDeadNow, `P3: ${server} passed over ${what}, which is alive`);
  }

  channelOf(key: ChannelKey): SimChannel | undefined {
    return this.#channels.find(({ name }) => name === channelNameOf(key));
  }

  #logOf(key: ChannelKey, origin: OriginId): KnownLog {
    const name = `${key} ${origin}`;
    let log = this.#logs.get(name);
    if (log === undefined) {
      this.#logs.set(name, (log = { entries: [], head: { ts: 0, seq: 0 } }));
      const origins = this.#origins.get(key) ?? new Set();
      this.#origins.set(key, origins.add(origin));
    }
    return log;
  }
}

function channelOn(server: SimServer, key: ChannelKey): DiskChannel | undefined {
  return server.disk.area(NEIGHBORHOOD).channels.get(key);
}

function isHeld(channel: DiskChannel | undefined, { origin, ts, seq }: Position): boolean {
  const entries = channel?.logs.get(origin) ?? [];
  return entries[seq - (entries[0]?.seq ?? 0)]?.ts === ts;
}
