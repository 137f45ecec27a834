const LOOK_MS = 100;

/**
 * How long one verification waits in all for servers that are merely behind. Whoever is behind
 * after that is different.
 */
export class Patience {
  readonly #signal: AbortSignal;
  #leftMs: number;

  constructor(leftMs: number, signal: AbortSignal) {
    this.#leftMs = leftMs;
    this.#signal = signal;
  }

  /** Waits a moment; false at once when nothing is left. @throws The signal's reason. */
  async wait(): Promise<boolean> {
    this.#signal.throwIfAborted();
    if (this.#leftMs <= 0) return false;
    this.#leftMs -= LOOK_MS;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    return true;
  }
}
