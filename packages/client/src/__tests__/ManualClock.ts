import type { ClientClock } from "../time/ClientClock.ts";

interface Timer {
  readonly due: number;
  readonly action: () => void;
}

/** Time that passes when the test says so; waits of no time at all end by themselves. */
export class ManualClock implements ClientClock {
  #now = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.#now;
  }

  /** No jitter: every wait before another try is of no time at all. */
  random(): number {
    return 0;
  }

  after(delayMs: number, action: () => void): () => void {
    if (delayMs === 0) {
      const immediate = setImmediate(action);
      return () => clearImmediate(immediate);
    }
    const timer = { due: this.#now + delayMs, action };
    this.#timers.add(timer);
    return () => void this.#timers.delete(timer);
  }

  /** Whether anything waits for exactly this moment. */
  isAwaited(delayMs: number): boolean {
    return [...this.#timers].some((timer) => timer.due === this.#now + delayMs);
  }

  advance(ms: number): void {
    this.#now += ms;
    const due = [...this.#timers].filter((timer) => timer.due <= this.#now);
    for (const timer of due.toSorted((a, b) => a.due - b.due)) {
      if (this.#timers.delete(timer)) timer.action();
    }
  }
}
