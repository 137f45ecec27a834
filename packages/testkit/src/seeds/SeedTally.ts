import { isFailed } from "./SeedOutcome.ts";
import type { FailedSeed, SeedOutcome } from "./SeedOutcome.ts";
import { mergeRanges } from "./seedRanges.ts";
import type { SeedRange } from "./seedRanges.ts";

/** So many failures are kept with all that is known of them; all of them are counted. */
export const FAILURES_KEPT_MAX = 20;

/** Adds up the outcomes of a run. */
export class SeedTally {
  readonly failures: FailedSeed[] = [];
  done = 0;
  failed = 0;
  acked = 0;
  delivered = 0;
  convergedMsMax = 0;
  #ranges: SeedRange[] = [];

  add(outcome: SeedOutcome): void {
    this.done++;
    this.#ranges.push([outcome.seed, outcome.seed]);
    // Threads finish out of order, but not far from it: merged again and again, it stays short.
    if (this.#ranges.length > 1_000) this.#ranges = mergeRanges(this.#ranges);
    if (isFailed(outcome)) return this.#addFailure(outcome);
    this.acked += outcome.acked;
    this.delivered += outcome.delivered;
    this.convergedMsMax = Math.max(this.convergedMsMax, outcome.convergedMs);
  }

  /** The seeds that ran to their end. */
  ranges(): SeedRange[] {
    return mergeRanges(this.#ranges);
  }

  summary(): string {
    return (
      `${this.done} seeds: ${this.acked} posts acknowledged, ${this.delivered} messages ` +
      `delivered, converged within ${this.convergedMsMax} simulated ms; ` +
      (this.failed === 0 ? "no property broken" : `${this.failed} seeds failed`)
    );
  }

  #addFailure(failure: FailedSeed): void {
    this.failed++;
    if (this.failures.length < FAILURES_KEPT_MAX) this.failures.push(failure);
  }
}
