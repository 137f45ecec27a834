import type { ChannelKey, OriginId, ServerId } from "@dred/protocol";
import type { Clock } from "../ports/Clock.ts";

interface Parked {
  readonly channel: ChannelKey;
  readonly origin: OriginId;
  readonly reason: string;
  /** From whom came what parked it. */
  readonly from: ServerId;
  /** Since when it has been parked for this reason. */
  readonly sinceMs: number;
  readonly untilMs: number;
}

export interface ParkingReason extends Pick<Parked, "reason" | "from"> {
  readonly forMs: number;
}

/**
 * Logs that cannot go on for now: what comes for them is dropped, nothing else waits for
 * them, and after a while they are tried again. Counts forks and gaps, too (R12).
 */
export class ParkedLogs {
  readonly #clock: Clock;
  readonly #parked = new Map<string, Parked>();
  readonly #forks = new Map<OriginId, number>();
  readonly #gaps = new Map<OriginId, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  park(channel: ChannelKey, origin: OriginId, { reason, from, forMs }: ParkingReason): void {
    const key = keyOf(channel, origin);
    const before = this.#parked.get(key);
    const isNews = before?.reason !== reason;
    const now = this.#clock.now();
    const sinceMs = isNews ? now : before.sinceMs;
    this.#parked.set(key, { channel, origin, reason, from, sinceMs, untilMs: now + forMs });
    if (isNews && reason === "fork") this.#forks.set(origin, this.forks(origin) + 1);
  }

  /** Whether the log is to be left alone now. */
  isParked(channel: ChannelKey, origin: OriginId): boolean {
    const parked = this.#parked.get(keyOf(channel, origin));
    return parked !== undefined && parked.untilMs > this.#clock.now();
  }

  /** The log goes on: whatever held it up is over. */
  release(channel: ChannelKey, origin: OriginId): void {
    if (this.#parked.size > 0) this.#parked.delete(keyOf(channel, origin));
  }

  /** A gap was accepted: entries of this origin will never be held here. */
  noteGap(origin: OriginId): void {
    this.#gaps.set(origin, this.gaps(origin) + 1);
  }

  gaps(origin: OriginId): number {
    return this.#gaps.get(origin) ?? 0;
  }

  of(origin: OriginId): Parked[] {
    return [...this.#parked.values()].filter((parked) => parked.origin === origin);
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
}

function keyOf(channel: ChannelKey, origin: OriginId): string {
  return `${channel} ${origin}`;
}
