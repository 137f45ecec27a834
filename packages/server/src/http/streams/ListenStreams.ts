import { DredError, formatControlLine, limits } from "@dred/protocol";
import type { Clock } from "../../replica/ports/Clock.ts";
import type { NdjsonSink } from "./NdjsonSink.ts";

/** Streams open at the same time, in all and from one address. */
const STREAMS_MAX = 50_000;
const STREAMS_OF_ADDRESS_MAX = 1_000;

const HEARTBEAT = formatControlLine({ type: "heartbeat" });

/** All open listening streams of a server: their limits, and their heartbeat by one timer. */
export class ListenStreams {
  readonly #clock: Clock;
  readonly #open = new Map<NdjsonSink, string>();
  readonly #ofAddress = new Map<string, number>();
  #cancelBeat: (() => void) | undefined;
  #allEnded: () => void = () => undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get size(): number {
    return this.#open.size;
  }

  /** @throws DredError `too-many-listeners`. */
  checkRoom(address: string): void {
    if ((this.#ofAddress.get(address) ?? 0) >= STREAMS_OF_ADDRESS_MAX) {
      const detail =
        `${STREAMS_OF_ADDRESS_MAX} listening streams are open from this address already; ` +
        "name several channels in one request, or close some";
      throw new DredError("too-many-listeners", detail);
    }
    if (this.#open.size < STREAMS_MAX) return;
    const detail = `${STREAMS_MAX} listening streams are open already; listen on another server`;
    throw new DredError("too-many-listeners", detail);
  }

  add(sink: NdjsonSink, address: string): void {
    this.#open.set(sink, address);
    this.#ofAddress.set(address, (this.#ofAddress.get(address) ?? 0) + 1);
    this.#cancelBeat ??= this.#nextBeat();
  }

  /** Resolves when all have ended, at the latest after `waitMsMax`. */
  async ended(waitMsMax: number): Promise<void> {
    if (this.#open.size === 0) return;
    await new Promise<void>((resolve) => {
      const cancel = this.#clock.after(waitMsMax, resolve);
      this.#allEnded = () => {
        cancel();
        resolve();
      };
    });
  }

  remove(sink: NdjsonSink): void {
    const address = this.#open.get(sink);
    if (address === undefined) return;
    this.#open.delete(sink);
    const left = (this.#ofAddress.get(address) ?? 1) - 1;
    if (left > 0) this.#ofAddress.set(address, left);
    else this.#ofAddress.delete(address);
    if (this.#open.size > 0) return;
    this.#stop();
    this.#allEnded();
  }

  #nextBeat(): () => void {
    return this.#clock.after(limits.HEARTBEAT_INTERVAL_MS, () => {
      const now = this.#clock.steady();
      for (const sink of this.#open.keys()) sink.beat(HEARTBEAT, now);
      this.#cancelBeat = this.#open.size > 0 ? this.#nextBeat() : undefined;
    });
  }

  #stop(): void {
    this.#cancelBeat?.();
    this.#cancelBeat = undefined;
  }
}
