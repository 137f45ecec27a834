import type { ChainedHead, CommitPlan } from "@dred/core";
import { START, utf8Length } from "@dred/protocol";
import type { Entry, Epoch, Head, OriginId } from "@dred/protocol";
import type { CommitReply, Range } from "../../replica/ports/Store.ts";

/** Which life of the store something belongs to. */
export interface DiskStamp {
  readonly epoch: Epoch;
  readonly owner: string;
  readonly replid: string;
}

/** One dedup window of an index; it is gone after `expiresAt` (ms). */
interface IndexRoll {
  readonly values: Map<string, string>;
  expiresAt: number;
}

/** What the memory store keeps of one channel: the same parts as the keys in Redis. */
export class DiskChannel {
  stamp: DiskStamp | undefined;
  heads = new Map<OriginId, ChainedHead>();
  bases = new Map<OriginId, ChainedHead>();
  /** Entries by origin, ascending. They are the truth: heads are healed from them. */
  logs = new Map<OriginId, Entry[]>();
  twins = new Map<string, string>();
  #rolls = new Map<number, IndexRoll>();

  copy(): DiskChannel {
    const copy = new DiskChannel();
    copy.stamp = this.stamp;
    copy.heads = new Map(this.heads);
    copy.bases = new Map(this.bases);
    copy.logs = new Map([...this.logs].map(([origin, entries]) => [origin, [...entries]]));
    copy.twins = new Map(this.twins);
    copy.#rolls = new Map(
      [...this.#rolls].map(([roll, { values, expiresAt }]) => [
        roll,
        { values: new Map(values), expiresAt },
      ]),
    );
    return copy;
  }

  /** The head that a write may continue; undefined when it is `expected`. */
  otherHead(origin: OriginId, expected: Head): Head | undefined {
    const { ts, seq } = this.heads.get(origin) ?? START;
    return ts === expected.ts && seq === expected.seq ? undefined : { ts, seq };
  }

  /** The last entry's place when a write died before it moved the head there. */
  unhealedHead(origin: OriginId): Head | undefined {
    const last = this.logs.get(origin)?.at(-1);
    const head = this.heads.get(origin) ?? START;
    return last !== undefined && last.ts > head.ts ? { ts: last.ts, seq: last.seq } : undefined;
  }

  /** Why a commit is refused; undefined when it may be carried out. */
  refusalOf(commit: CommitPlan, nowMs: number): CommitReply | undefined {
    const head = this.otherHead(commit.origin, commit.expected);
    if (head !== undefined) return { status: "mismatch", head };
    const values = new Map<string, string>();
    for (const { digest, expected } of commit.identities) {
      const known = this.known(digest, commit.roll, nowMs);
      if (known !== expected) values.set(digest, known);
    }
    if (values.size > 0) return { status: "known", values };
    const last = this.unhealedHead(commit.origin);
    return last === undefined ? undefined : { status: "mismatch", head: last };
  }

  /** What the index holds near `roll`; empty for nothing. */
  known(digest: string, roll: number, nowMs: number): string {
    for (const near of [roll - 1, roll, roll + 1]) {
      const index = this.#rolls.get(near);
      if (index === undefined || index.expiresAt <= nowMs) continue;
      const value = index.values.get(digest);
      if (value !== undefined) return value;
    }
    return "";
  }

  append({ origin, entries }: CommitPlan): void {
    const log = this.logs.get(origin);
    if (log === undefined) this.logs.set(origin, [...entries]);
    else log.push(...entries);
  }

  /** What follows the append of a commit: the index, the twins, the head. */
  note(commit: CommitPlan, nowMs: number): void {
    this.#dropExpired(nowMs);
    const index = this.#rolls.get(commit.roll) ?? { values: new Map(), expiresAt: 0 };
    for (const { digest, value, expected } of commit.identities) {
      if (expected === "") index.values.set(digest, value);
    }
    index.expiresAt = nowMs + Math.ceil(commit.indexTtlMs);
    // Redis has no empty hashes, so nothing expires there either.
    if (index.values.size > 0) this.#rolls.set(commit.roll, index);
    for (const [digest, value] of commit.twins) this.twins.set(digest, value);
    const last = commit.entries.at(-1);
    if (last !== undefined) this.heads.set(commit.origin, toChainedHead(last));
  }

  #dropExpired(nowMs: number): void {
    for (const [roll, { expiresAt }] of this.#rolls) {
      if (expiresAt <= nowMs) this.#rolls.delete(roll);
    }
  }

  /** The lines' bytes in UTF-8, and what their places and chain hashes take as text. */
  bytes(): number {
    const sizes = [...this.logs.values()].flat().map(({ line }) => utf8Length(line) + 64);
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  range({ origin, afterTs, beforeTs, order, entriesMax, charsMax }: Range): Entry[] {
    const log = this.logs.get(origin) ?? [];
    const from = firstAbove(log, afterTs);
    const to = firstAbove(log, beforeTs - 1);
    const page: Entry[] = [];
    let chars = 0;
    for (let offset = 0; offset < to - from && page.length < entriesMax; offset++) {
      const entry = log[order === "asc" ? from + offset : to - 1 - offset];
      if (entry === undefined) break;
      page.push(entry);
      chars += entry.line.length;
      if (chars >= charsMax) break;
    }
    return page;
  }

  /** Removes what lies at or below the origin's base. */
  trimToBase(origin: OriginId): void {
    const base = this.bases.get(origin);
    const log = this.logs.get(origin);
    if (base === undefined || log === undefined) return;
    const count = firstAbove(log, base.ts);
    if (count === log.length) this.logs.delete(origin);
    else if (count > 0) log.splice(0, count);
  }

  /** Moves heads to where their logs end, and finishes trims that were left undone. */
  heal(): void {
    for (const origin of this.logs.keys()) this.trimToBase(origin);
    for (const [origin, log] of this.logs) {
      const last = log.at(-1);
      const head = this.heads.get(origin) ?? START;
      if (last !== undefined && last.ts > head.ts) this.heads.set(origin, toChainedHead(last));
    }
  }

  /** The first log that does not hold exactly what lies after its base through its head. */
  damaged(): OriginId | undefined {
    for (const [origin, head] of this.heads) {
      const base = this.bases.get(origin) ?? START;
      const log = this.logs.get(origin) ?? [];
      const last = log.at(-1);
      if (log.length !== head.seq - base.seq) return origin;
      if (last !== undefined && last.ts !== head.ts) return origin;
    }
    return undefined;
  }
}

function toChainedHead({ ts, seq, chain }: Entry): ChainedHead {
  return { ts, seq, chain };
}

/** The index of the first entry with a larger ts, by bisection. */
function firstAbove(log: readonly Entry[], ts: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log[middle]?.ts ?? Infinity) > ts) high = middle;
    else low = middle + 1;
  }
  return low;
}
