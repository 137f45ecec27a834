import type { ChannelKey, Head, OriginId, ServerId } from "@dred/protocol";
import type { Clock } from "../ports/Clock.ts";

const PARK_MS_MIN = 1_000;
const PARK_MS_MAX = 30_000;
/** Logs parked, by peer; of more, the ones parked first are tried again at once. */
const PARKED_MAX = 10_000;

export interface ParkedLog {
  readonly channel: ChannelKey;
  readonly origin: OriginId;
  /** Whose copy of it cannot be taken; this server itself when its own store cannot take any. */
  readonly from: ServerId;
  readonly reason: string;
  /** Of a gap that was not believed: its end. */
  readonly through?: Head;
  /** Since when it has been parked for this reason, ms since 1970. */
  readonly sinceMs: number;
  /** When it is tried again, by the steady time. */
  readonly untilMs: number;
  readonly forMs: number;
}

/**
 * Logs that cannot go on with what a peer sends of them: that is dropped, nothing else waits
 * for them, and another peer is asked. The peer's copy is tried again after 1 s, then ever
 * more rarely, at least each 30 s, so that it heals when the cause is gone. Counts forks and
 * gaps, too (R12).
 */
export class ParkedLogs {
  readonly #clock: Clock;
  readonly #self: ServerId;
  readonly #parked = new Map<string, ParkedLog>();
  readonly #forks = new Map<OriginId, number>();
  readonly #gaps = new Map<OriginId, number>();

  constructor(clock: Clock, self: ServerId) {
    this.#clock = clock;
    this.#self = self;
  }

  /** Returns whether that is news: who parks it for one reason again has been told of already. */
  park(log: Pick<ParkedLog, "channel" | "origin" | "from" | "reason" | "through">): boolean {
    const { channel, origin, from, reason } = log;
    const key = keyOf(channel, origin, from);
    const before = this.#parked.get(key);
    const isNews = before?.reason !== reason;
    const forMs = isNews ? PARK_MS_MIN : Math.min(2 * before.forMs, PARK_MS_MAX);
    const sinceMs = isNews ? this.#clock.now() : before.sinceMs;
    this.#parked.set(key, { ...log, sinceMs, forMs, untilMs: this.#clock.steady() + forMs });
    this.#dropBeyondMax();
    if (isNews && reason === "fork") this.#forks.set(origin, this.forks(origin) + 1);
    return isNews;
  }

  /** Our own store cannot take it, from whomever. */
  parkForAll(channel: ChannelKey, origin: OriginId, reason: string): boolean {
    return this.park({ channel, origin, from: this.#self, reason });
  }

  /** Whether the log is not to be taken from this peer now. */
  isParked(channel: ChannelKey, origin: OriginId, from: ServerId): boolean {
    if (this.#parked.size === 0) return false;
    return this.#isNow(keyOf(channel, origin, from)) || this.#isNow(this.#own(channel, origin));
  }

  /** Whether it could not be taken from this peer when that was tried last. */
  isRefused(channel: ChannelKey, origin: OriginId, from: ServerId): boolean {
    return (
      this.#parked.has(keyOf(channel, origin, from)) || this.#parked.has(this.#own(channel, origin))
    );
  }

  /** This peer's copy goes on: whatever held it up is over. */
  release(channel: ChannelKey, origin: OriginId, from: ServerId): void {
    if (this.#parked.size === 0) return;
    this.#parked.delete(keyOf(channel, origin, from));
    this.#parked.delete(this.#own(channel, origin));
  }

  /** What held the log up may be over, whoever's copy it is: all are tried again at once. */
  forgive(channel: ChannelKey, origin: OriginId): void {
    for (const [key, parked] of this.#parked) {
      if (parked.channel === channel && parked.origin === origin) this.#parked.delete(key);
    }
  }

  /** This peer holds of the origin exactly what we do: its copy is ours, and our store has it. */
  releaseAll(origin: OriginId, peer: ServerId): void {
    for (const [key, { origin: log, from }] of this.#parked) {
      if (log === origin && (from === peer || from === this.#self)) this.#parked.delete(key);
    }
  }

  /** Those of one origin, one for each peer whose copy does not go on. */
  *of(origin: OriginId): Iterable<ParkedLog> {
    for (const parked of this.#parked.values()) if (parked.origin === origin) yield parked;
  }

  /** Those that are left alone now. */
  *now(): Iterable<ParkedLog> {
    const now = this.#clock.steady();
    for (const parked of this.#parked.values()) if (parked.untilMs > now) yield parked;
  }

  /** A gap was accepted: entries of this origin will never be held here. */
  noteGap(origin: OriginId): void {
    this.#gaps.set(origin, this.gaps(origin) + 1);
  }

  gaps(origin: OriginId): number {
    return this.#gaps.get(origin) ?? 0;
  }

  forks(origin: OriginId): number {
    return this.#forks.get(origin) ?? 0;
  }

  /** Forgets a deleted channel's. */
  drop(channel: ChannelKey): void {
    for (const [key, parked] of this.#parked) {
      if (parked.channel === channel) this.#parked.delete(key);
    }
  }

  #own(channel: ChannelKey, origin: OriginId): string {
    return keyOf(channel, origin, this.#self);
  }

  #isNow(key: string): boolean {
    const parked = this.#parked.get(key);
    return parked !== undefined && parked.untilMs > this.#clock.steady();
  }

  #dropBeyondMax(): void {
    const oldest = this.#parked.keys().next().value;
    if (this.#parked.size > PARKED_MAX && oldest !== undefined) this.#parked.delete(oldest);
  }
}

function keyOf(channel: ChannelKey, origin: OriginId, from: ServerId): string {
  return `${channel} ${origin} ${from}`;
}
