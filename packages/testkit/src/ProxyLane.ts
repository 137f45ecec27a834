import { setTimeout as wait } from "node:timers/promises";

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
