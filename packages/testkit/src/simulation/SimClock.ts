import type { Clock } from "@dred/server";

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly action: () => void;
  isCancelled: boolean;
}

/** Simulated time: timers fire in order, and no time passes but by `step`. */
export class SimClock implements Clock {
  #nowMs = 1_760_000_000_000;
  #order = 0;
  /** A binary heap by time, then by age. */
  readonly #heap: Timer[] = [];

  now(): number {
    return this.#nowMs;
  }

  steady(): number {
    return this.#nowMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const atMs = this.#nowMs + Math.max(0, delayMs);
    const timer: Timer = { atMs, order: this.#order++, action, isCancelled: false };
    this.#push(timer);
    return () => (timer.isCancelled = true);
  }

  /** Lets the time come to the next timer and fires it; false when there is none by `untilMs`. */
  step(untilMs: number): boolean {
    for (;;) {
      const next = this.#heap[0];
      if (next === undefined || next.atMs > untilMs) {
        this.#nowMs = Math.max(this.#nowMs, untilMs);
        return false;
      }
      this.#pop();
      if (next.isCancelled) continue;
      this.#nowMs = next.atMs;
      next.action();
      return true;
    }
  }

  #push(timer: Timer): void {
    const heap = this.#heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent], timer)) break;
      heap[at] = heap[parent] ?? timer;
      at = parent;
    }
    heap[at] = timer;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && isBefore(heap[child + 1], heap[child])) child++;
      const below = heap[child];
      if (below === undefined || isBefore(last, below)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = last;
  }
}

function isBefore(a: Timer | undefined, b: Timer | undefined): boolean {
  if (a === undefined || b === undefined) return a !== undefined;
  return a.atMs === b.atMs ? a.order < b.order : a.atMs < b.atMs;
}

/**
 * One process's view of the time: with its own skew, standing still while the process is
 * stopped, and over once it is killed.
 */
export class ServerClock implements Clock {
  /** This machine's clock minus the true time; whoever sets the clock changes it. */
  skewMs: number;
  readonly #clock: Clock;
  #isDead = false;
  /** What happened while the process was stopped: it happens to it afterwards, in order. */
  #held: (() => void)[] | undefined;

  constructor(clock: Clock, skewMs: number) {
    this.#clock = clock;
    this.skewMs = skewMs;
  }

  get isFrozen(): boolean {
    return this.#held !== undefined;
  }

  now(): number {
    return this.#clock.now() + this.skewMs;
  }

  steady(): number {
    return this.#clock.steady();
  }

  after(delayMs: number, action: () => void): () => void {
    return this.#clock.after(delayMs, () => this.run(action));
  }

  /** Something happens to the process: at once, when it goes on, or never when it is dead. */
  run(action: () => void): void {
    if (this.#held !== undefined) this.#held.push(action);
    else if (!this.#isDead) action();
  }

  /** SIGSTOP, or a blocked event loop. */
  freeze(): void {
    this.#held ??= [];
  }

  /** SIGCONT. */
  thaw(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const action of held) this.#clock.after(0, () => this.run(action));
  }

  /** The process is killed: none of its timers fires any more. */
  kill(): void {
    this.#isDead = true;
    this.#held = undefined;
  }
}
