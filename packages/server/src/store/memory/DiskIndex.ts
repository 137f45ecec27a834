import type { CommitPlan } from "@dred/core";

/** One dedup window of an index; it is gone after `expiresAt` (ms). */
interface IndexRoll {
  readonly values: Map<string, string>;
  expiresAt: number;
}

/** A channel's index of identities: digest to value, by roll. */
export class DiskIndex {
  #rolls = new Map<number, IndexRoll>();

  /** Becomes a copy of another. */
  take(other: DiskIndex): void {
    this.#rolls = new Map(
      [...other.#rolls].map(([roll, { values, expiresAt }]) => [
        roll,
        { values: new Map(values), expiresAt },
      ]),
    );
  }

  /** What is held near `roll`; empty for nothing. */
  known(digest: string, roll: number, nowMs: number): string {
    for (const near of [roll - 1, roll, roll + 1]) {
      const index = this.#rolls.get(near);
      if (index === undefined || index.expiresAt <= nowMs) continue;
      const value = index.values.get(digest);
      if (value !== undefined) return value;
    }
    return "";
  }

  note({ identities, roll, indexTtlMs }: CommitPlan, nowMs: number): void {
    for (const [other, { expiresAt }] of this.#rolls) {
      if (expiresAt <= nowMs) this.#rolls.delete(other);
    }
    const index = this.#rolls.get(roll) ?? { values: new Map<string, string>(), expiresAt: 0 };
    for (const { digest, value, expected } of identities) {
      if (expected === "") index.values.set(digest, value);
    }
    index.expiresAt = nowMs + Math.ceil(indexTtlMs);
    // Redis has no empty hashes, so nothing expires there either.
    if (index.values.size > 0) this.#rolls.set(roll, index);
  }

  remove(roll: number): void {
    this.#rolls.delete(roll);
  }
}
