import { isPattern } from "./ListenTarget.ts";
import type { ListenTarget } from "./ListenTarget.ts";

/** Whether every channel asked for has been answered. */
export class Beginning {
  readonly promise: Promise<void>;
  readonly #missing: Set<string>;
  #resolve: (() => void) | undefined;
  #reject: ((reason: unknown) => void) | undefined;

  constructor(targets: readonly ListenTarget[]) {
    this.#missing = new Set(targets.map((target) => target.channel));
    this.promise = new Promise((resolve, reject) => {
      this.#resolve = resolve;
      this.#reject = reject;
    });
    // Who does not ask for it learns of a failure from the iteration.
    this.promise.catch(() => undefined);
  }

  note(channel: string): void {
    this.#missing.delete(channel);
    if (this.#missing.size === 0) this.#resolve?.();
  }

  /** A heartbeat has come: the channels that a pattern matched were answered for one by one. */
  notePatterns(): void {
    for (const channel of this.#missing) if (isPattern(channel)) this.note(channel);
  }

  fail(reason: unknown): void {
    this.#reject?.(reason);
  }
}
