import { setTimeout as wait } from "node:timers/promises";

const SLICES_PER_SECOND = 20;
const SLICE_BYTES_MIN = 500;

/** One direction of a proxy, over all its connections: how much passed, and whether more may. */
export class ProxyLane {
  #bytes = 0;
  #bytesPerSecond = Number.POSITIVE_INFINITY;
  /** When what was let in so far has passed, in ms of `performance.now()`. */
  #busyUntilMs = 0;
  #held: Promise<void> | undefined;
  #letGo: () => void = () => undefined;

  /** All that came in this direction since the proxy was opened. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Lets nothing pass; what comes waits, as with a network that loses every packet. */
  hold(): void {
    this.#held ??= new Promise((resolve) => (this.#letGo = resolve));
  }

  throttle(bytesPerSecond: number): void {
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Everything passes again, at full speed. */
  release(): void {
    this.#bytesPerSecond = Number.POSITIVE_INFINITY;
    this.#busyUntilMs = 0;
    this.#letGo();
    this.#held = undefined;
  }

  /** What goes on at once: a slow line brings a little all the time, not much every now and then. */
  *slices(chunk: Buffer): Iterable<Buffer> {
    const size = Math.max(SLICE_BYTES_MIN, Math.floor(this.#bytesPerSecond / SLICES_PER_SECOND));
    for (let at = 0; at < chunk.length; at += size) yield chunk.subarray(at, at + size);
  }

  /** Resolves when so many bytes may go on. */
  async pass(bytes: number): Promise<void> {
    this.#bytes += bytes;
    const now = performance.now();
    this.#busyUntilMs = Math.max(now, this.#busyUntilMs) + (bytes * 1000) / this.#bytesPerSecond;
    const waitMs = this.#busyUntilMs - now;
    if (waitMs >= 1) await wait(waitMs);
    while (this.#held !== undefined) await this.#held;
  }
}
