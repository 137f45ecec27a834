import { backoffDelayMs } from "@dred/core";
import { delay } from "./delay.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";

const BACKOFF = { delayMsMin: 500, delayMsMax: 5_000 };

export interface ReopeningParts {
  /** Whether the channel is open, or will never be again. */
  isDone(): boolean;
  open(): Promise<void>;
}

/**
 * Reads a channel again whose store did not answer, until it does: what a commit may have
 * appended is for peers and readers, also when nobody posts here again.
 */
export class Reopening {
  readonly #context: ReplicaContext;
  readonly #parts: ReopeningParts;
  #isUnderWay = false;

  constructor(context: ReplicaContext, parts: ReopeningParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Without effect while it is under way. */
  begin(): void {
    if (this.#isUnderWay) return;
    this.#isUnderWay = true;
    void this.#run().finally(() => (this.#isUnderWay = false));
  }

  async #run(): Promise<void> {
    const { clock, random, signal } = this.#context;
    for (let attempt = 0; ; attempt++) {
      const delayMs = backoffDelayMs(attempt, BACKOFF, random());
      await delay(clock, delayMs, signal).catch(() => undefined); // the replica ends
      if (signal.aborted || this.#parts.isDone()) return;
      await this.#parts.open().catch(() => undefined); // told to whoever uses the channel
    }
  }
}
