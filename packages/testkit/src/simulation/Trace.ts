import type { Clock } from "@dred/server";

/** More than this of one run is not kept: the first lines and the last are. */
const LINES_MAX = 2_000;

/** What happened in a run, one line each, with the simulated time in ms since it began. */
export class Trace {
  readonly #clock: Clock;
  readonly #startMs: number;
  readonly #first: string[] = [];
  #last: string[] = [];

  constructor(clock: Clock) {
    this.#clock = clock;
    this.#startMs = clock.now();
  }

  note(what: string): void {
    const ms = Math.round(this.#clock.now() - this.#startMs);
    const line = `${String(ms).padStart(6)} ${what}`;
    if (this.#first.length < LINES_MAX / 2) this.#first.push(line);
    else this.#last.push(line);
    if (this.#last.length > LINES_MAX) this.#last = this.#last.slice(-LINES_MAX / 2);
  }

  lines(): string[] {
    return [...this.#first, ...this.#last];
  }
}
