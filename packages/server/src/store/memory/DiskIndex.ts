import type { CommitPlan } from "@dred/core";
import type { ScriptWrites } from "./ScriptWrites.ts";

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

  note({ identities, roll, windowMs }: CommitPlan, nowMs: number, writes: ScriptWrites): void {
    for (const [other, { expiresAt }] of this.#rolls) {
      if (expiresAt <= nowMs) this.#rolls.delete(other);
    }
    const fresh = { values: new Map<string, string>(), expiresAt: Number.POSITIVE_INFINITY };
    const index = this.#rolls.get(roll) ?? fresh;
    const news = identities.filter(({ expected }) => expected === "");
    // Redis has no empty hashes, so nothing expires there either.
    if (news.length > 0) {
      writes.make(() => {
        for (const { digest, value } of news) index.values.set(digest, value);
        this.#rolls.set(roll, index);
      });
    }
    writes.make(() => (index.expiresAt = nowMs + Math.ceil(3 * windowMs)));
  }

  rolls(): number[] {
    return [...this.#rolls.keys()];
  }

  remove(roll: number): void {
    this.#rolls.delete(roll);
  }
}
