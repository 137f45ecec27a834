import type { ChannelKey, OriginId } from "@dred/protocol";
import type { Clock } from "../ports/Clock.ts";

/** How long entries of a log that was fetched are taken, though its origin is not followed. */
const FETCH_MS_MAX = 10_000;
/** Logs fetched at a time; of more, the first are asked for again. */
const FETCHES_MAX = 1_000;

/** Logs that a peer was asked for without its being their source, each for a while. */
export class FetchedLogs {
  readonly #clock: Clock;
  readonly #untilMs = new Map<string, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(channel: ChannelKey, origin: OriginId): void {
    const oldest = this.#untilMs.keys().next().value;
    if (this.#untilMs.size >= FETCHES_MAX && oldest !== undefined) this.#untilMs.delete(oldest);
    this.#untilMs.set(`${channel} ${origin}`, this.#clock.steady() + FETCH_MS_MAX);
  }

  has(channel: ChannelKey, origin: OriginId): boolean {
    if (this.#untilMs.size === 0) return false;
    const untilMs = this.#untilMs.get(`${channel} ${origin}`);
    return untilMs !== undefined && untilMs > this.#clock.steady();
  }

  clear(): void {
    this.#untilMs.clear();
  }
}
