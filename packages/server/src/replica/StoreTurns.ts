import type { DredError } from "@dred/protocol";

export interface StoreTurnsParts {
  /** Before each turn; what it rejects with fails all that waits. */
  prepare(): Promise<void>;
  /** Whether anything waits besides what was asked for by `exclusively`. */
  hasMore(): boolean;
  /** Does the next part of it. */
  next(): Promise<void>;
  /** A turn failed: whoever waits is to be told. */
  failed(error: unknown): void;
}

/** Something that must not run beside another store call of its channel. */
interface Exclusive {
  run(): Promise<void>;
  reject(error: DredError): void;
}

/** The turns in which one channel's store calls are made, one at a time, until it is closed. */
export class StoreTurns {
  readonly #parts: StoreTurnsParts;
  readonly #exclusives: Exclusive[] = [];
  #isRunning = false;
  #isClosed = false;

  constructor(parts: StoreTurnsParts) {
    this.#parts = parts;
  }

  /** Whether an action waits that what follows may rest upon. */
  get hasExclusive(): boolean {
    return this.#exclusives.length > 0;
  }

  /** Takes turns until nothing waits; without effect while it does so. */
  begin(): void {
    if (this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    void this.#run().finally(() => {
      this.#isRunning = false;
      if (this.#hasWork()) this.begin();
    });
  }

  /** Runs an action in a turn of its own; actions keep their order. */
  exclusively(action: () => Promise<void>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#exclusives.push({ run: () => action().then(resolve, reject), reject });
      this.begin();
    });
  }

  rejectAll(error: DredError): void {
    for (const exclusive of this.#exclusives.splice(0)) exclusive.reject(error);
  }

  /** No other turn begins. */
  close(): void {
    this.#isClosed = true;
  }

  #hasWork(): boolean {
    return !this.#isClosed && (this.hasExclusive || this.#parts.hasMore());
  }

  async #run(): Promise<void> {
    while (this.#hasWork()) {
      try {
        await this.#parts.prepare();
        await this.#exclusives.shift()?.run();
        await this.#parts.next();
      } catch (error) {
        this.#parts.failed(error);
      }
    }
  }
}
