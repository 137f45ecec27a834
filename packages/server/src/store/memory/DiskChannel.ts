import { CHAIN_START } from "@dred/core";
import type { ChainedHead, CommitPlan } from "@dred/core";
import { DredError, formatHead, headOf, parseOriginId, START, utf8Length } from "@dred/protocol";
import type { Entry, Epoch, Head, OriginId } from "@dred/protocol";
import type { CommitReply, LogFault, Range, Shortening } from "../../replica/ports/Store.ts";
import { DiskIndex } from "./DiskIndex.ts";
import { between, firstAbove, pageOf } from "./logParts.ts";
import type { ScriptWrites } from "./ScriptWrites.ts";

/** Which life of the store something belongs to. */
export interface DiskStamp {
  readonly epoch: Epoch;
  readonly owner: string;
  readonly replid: string;
}

/** What the memory store keeps of one channel: the same parts as the keys in Redis. */
export class DiskChannel {
  stamp: DiskStamp | undefined;
  heads = new Map<OriginId, ChainedHead>();
  bases = new Map<OriginId, ChainedHead>();
  /** Entries by origin, ascending. They are the truth: the rest follows from them. */
  logs = new Map<OriginId, Entry[]>();
  twins = new Map<string, string>();
  /** The largest ts that each log's stream ever held: it takes none at or below. */
  #largest = new Map<OriginId, number>();
  readonly #index = new DiskIndex();
  /** How long the windows of the index are, and whether it is still to be written in them. */
  #windows: { readonly ms: number; readonly isDue: boolean } | undefined;
  /** Parts whose key has another type, by the names that their keys have in Redis. */
  readonly #spoiled = new Set<string>();

  copy(): DiskChannel {
    const copy = new DiskChannel();
    copy.stamp = this.stamp;
    copy.heads = new Map(this.heads);
    copy.bases = new Map(this.bases);
    copy.logs = new Map([...this.logs].map(([origin, entries]) => [origin, [...entries]]));
    copy.twins = new Map(this.twins);
    copy.#largest = new Map(this.#largest);
    copy.#index.take(this.#index);
    copy.#windows = this.#windows;
    for (const part of this.#spoiled) copy.#spoiled.add(part);
    return copy;
  }

  /** Deletes one key: `meta`, `twins`, `log:<origin>` or `ocid:<roll>`. */
  remove(part: string): void {
    this.#spoiled.delete(part);
    const [kind, name = ""] = part.split(":");
    if (kind === "twins") this.twins.clear();
    else if (kind === "ocid") this.#index.remove(Number(name));
    else if (kind === "log") this.#deleteLog(parseOriginId(name));
    else {
      this.stamp = undefined;
      this.#windows = undefined;
      this.heads.clear();
      this.bases.clear();
    }
  }

  /** Puts something of another type in the place of a key. */
  spoil(part: string): void {
    this.remove(part);
    this.#spoiled.add(part);
  }

  /** @throws DredError `store-damaged` when one of these parts has another type. */
  check(...parts: readonly string[]): void {
    const part = parts.find((each) => this.#spoiled.has(each));
    if (part === undefined) return;
    throw new DredError("store-damaged", `the key ${part} has another type: remove it`);
  }

  /** Why a log's head cannot be moved on from `expected`; undefined when it can. */
  mismatchOf(origin: OriginId, expected: Head): CommitReply | undefined {
    this.check("meta", `log:${origin}`);
    if (!this.#isAt(origin, expected)) return this.#mismatchAt(origin);
    const log = this.logs.get(origin) ?? [];
    const held = headOf(this.heads, origin).seq - headOf(this.bases, origin).seq;
    if (log.length === held) return undefined;
    const last = log.at(-1) ?? START;
    return { status: "mismatch", head: { ts: last.ts, seq: last.seq } };
  }

  /** Why a commit is refused; undefined when it may be carried out. */
  refusalOf(commit: CommitPlan, nowMs: number): CommitReply | undefined {
    const mismatch = this.mismatchOf(commit.origin, commit.expected);
    if (mismatch !== undefined) return mismatch;
    if (this.#windows?.ms !== commit.windowMs) return this.#mismatchAt(commit.origin);
    const known = this.knownOf(commit, nowMs);
    const isTaken = (this.#largest.get(commit.origin) ?? 0) >= (commit.entries[0]?.ts ?? 0);
    return known ?? (isTaken ? this.#mismatchAt(commit.origin) : undefined);
  }

  /** Why a reindexing is refused; undefined when it may be carried out. */
  reindexRefusalOf(plan: CommitPlan, nowMs: number): CommitReply | undefined {
    this.check("meta", `log:${plan.origin}`);
    const last = plan.entries.at(-1);
    const isHeld = this.logs.get(plan.origin)?.some((entry) => entry.ts === last?.ts) === true;
    const isExpected = this.#isAt(plan.origin, plan.expected);
    const isIndexedIn = this.#windows?.ms === plan.windowMs;
    if (!isExpected || !isHeld || !isIndexedIn) return this.#mismatchAt(plan.origin);
    return this.knownOf(plan, nowMs);
  }

  #isAt(origin: OriginId, expected: Head): boolean {
    const head = headOf(this.heads, origin);
    return head.ts === expected.ts && head.seq === expected.seq;
  }

  #mismatchAt(origin: OriginId): CommitReply {
    const { ts, seq } = headOf(this.heads, origin);
    return { status: "mismatch", head: { ts, seq } };
  }

  knownOf({ roll, identities }: CommitPlan, nowMs: number): CommitReply | undefined {
    this.check(...[roll - 1, roll, roll + 1].map((near) => `ocid:${near}`));
    const values = new Map<string, string>();
    for (const { digest, expected } of identities) {
      const known = this.#index.known(digest, roll, nowMs);
      if (known !== expected) values.set(digest, known);
    }
    if (values.size > 0) return { status: "known", values };
    this.check("twins");
    return undefined;
  }

  append({ origin, entries }: CommitPlan, writes: ScriptWrites): void {
    for (const entry of entries) {
      writes.make(() => {
        const log = this.logs.get(origin);
        if (log === undefined) this.logs.set(origin, [entry]);
        else log.push(entry);
        this.#largest.set(origin, entry.ts);
      });
    }
  }

  /** What follows the append of a commit: the index, the twins, the head. */
  note(commit: CommitPlan, nowMs: number, writes: ScriptWrites): void {
    this.#index.note(commit, nowMs, writes);
    if (commit.twins.size > 0) {
      writes.make(() => {
        for (const [digest, value] of commit.twins) this.twins.set(digest, value);
      });
    }
    const last = commit.entries.at(-1);
    if (last === undefined || last.ts <= (this.heads.get(commit.origin)?.ts ?? 0)) return;
    writes.make(() => this.heads.set(commit.origin, toChainedHead(last)));
  }

  /** Why a log is not shortened; undefined when it may be. */
  shorteningRefusalOf({ origin, expected, head }: Shortening): CommitReply | undefined {
    this.check("meta", `log:${origin}`);
    if (!this.#isAt(origin, expected)) return this.#mismatchAt(origin);
    const base = headOf(this.bases, origin);
    if (head.ts <= base.ts) return undefined;
    const kept = this.#keptOf(origin, head);
    const { ts, seq, chain } = kept.at(-1) ?? CHAIN_START;
    const isSame = ts === head.ts && seq === head.seq && chain === head.chain;
    const isWhole = isSame && kept.length === head.seq - base.seq;
    return isWhole ? undefined : { status: "mismatch", head: START };
  }

  /** Whether something is kept, and what is kept has to be copied. */
  isCopiedFor(origin: OriginId, head: Head): boolean {
    const kept = this.#keptOf(origin, head).length;
    const isAll = kept === this.logs.get(origin)?.length && this.#largest.get(origin) === head.ts;
    return kept > 0 && !isAll;
  }

  shorten(origin: OriginId, head: ChainedHead, writes: ScriptWrites): void {
    const kept = this.#keptOf(origin, head);
    if (kept.length === 0) writes.make(() => this.#deleteLog(origin));
    else {
      writes.make(() => {
        this.logs.set(origin, kept);
        this.#largest.set(origin, head.ts);
      });
    }
    writes.make(() => {
      if (head.seq === 0) this.heads.delete(origin);
      else this.heads.set(origin, head);
    });
  }

  #deleteLog(origin: OriginId): void {
    this.logs.delete(origin);
    this.#largest.delete(origin);
  }

  #keptOf(origin: OriginId, head: Head): Entry[] {
    return between(this.logs.get(origin) ?? [], headOf(this.bases, origin).ts, head.ts);
  }

  /** The lines' bytes in UTF-8, and what their places and chain hashes take as text. */
  bytes(): number {
    const sizes = [...this.logs.values()].flat().map(({ line }) => utf8Length(line) + 64);
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  range({ origin, ...range }: Range): Entry[] {
    if (range.beforeTs > 0) this.check(`log:${origin}`);
    return pageOf(this.logs.get(origin) ?? [], range);
  }

  /** Moves a log's base, and its head where that lies below; removes what is not above it. */
  moveBase(origin: OriginId, base: ChainedHead, writes: ScriptWrites): void {
    writes.make(() => {
      this.bases.set(origin, base);
      if (base.ts > headOf(this.heads, origin).ts) this.heads.set(origin, base);
    });
    this.#trimToBase(origin, writes);
    const log = this.logs.get(origin) ?? [];
    if (log.length === 0) writes.make(() => this.#deleteLog(origin));
  }

  #trimToBase(origin: OriginId, writes: ScriptWrites): void {
    const base = headOf(this.bases, origin);
    const log = this.logs.get(origin) ?? [];
    writes.make(() => log.splice(0, firstAbove(log, base.ts)));
  }

  /**
   * Finishes trims that were left undone, removes what follows from the logs and has another type,
   * finds where logs begin whose base is unknown, and stamps it; whether all logs are to be indexed,
   * so that they are in windows of this length.
   */
  heal(stamp: DiskStamp, windowMs: number, writes: ScriptWrites): boolean {
    for (const origin of this.bases.keys()) {
      if (this.logs.has(origin)) this.#trimToBase(origin, writes);
    }
    const begins = this.#begins();
    const lost = [...this.#spoiled].filter((part) => part !== "meta" && !part.startsWith("log:"));
    if (this.#spoiled.has("meta")) writes.make(() => this.remove("meta"));
    const known = this.#windows ?? { ms: windowMs, isDue: false };
    const isDue = lost.length > 0 || known.isDue || known.ms !== windowMs;
    writes.make(() => {
      this.stamp = stamp;
      this.#windows = { ms: windowMs, isDue };
      for (const [origin, base] of begins) this.bases.set(origin, base);
    });
    for (const part of lost) writes.make(() => this.remove(part));
    return isDue;
  }

  settleIndex(ms: number, writes: ScriptWrites): void {
    if (this.#windows?.ms !== ms || !this.#windows.isDue) return;
    writes.make(() => (this.#windows = { ms, isDue: false }));
  }

  #begins(): Map<OriginId, ChainedHead> {
    const begins = new Map<OriginId, ChainedHead>();
    for (const [origin, [first]] of this.logs) {
      const isKnown = this.bases.has(origin) || this.heads.has(origin);
      if (first !== undefined && first.seq > 1 && !isKnown) {
        begins.set(origin, { ts: first.ts - 1, seq: first.seq - 1, chain: "" });
      }
    }
    return begins;
  }

  /** The names that its keys have in Redis, `meta` first. */
  parts(): string[] {
    const logs = [...this.logs.keys()].map((origin) => `log:${origin}`);
    const rolls = this.#index.rolls().map((roll) => `ocid:${roll}`);
    const twins = this.twins.size > 0 ? ["twins"] : [];
    return [...new Set(["meta", ...logs, ...rolls, ...twins, ...this.#spoiled])];
  }

  /** Logs that do not hold exactly what lies after their base through their head. */
  faults(): Map<OriginId, LogFault> {
    const faults = new Map<OriginId, LogFault>();
    const spoiled = [...this.#spoiled].map((part) => parseOriginId(part.slice("log:".length)));
    for (const origin of new Set([...this.heads.keys(), ...this.logs.keys(), ...spoiled])) {
      const fault = this.#faultOf(origin);
      if (fault !== undefined) faults.set(origin, fault);
    }
    return faults;
  }

  #faultOf(origin: OriginId): LogFault | undefined {
    if (this.#spoiled.has(`log:${origin}`)) return "unreadable";
    const head = headOf(this.heads, origin);
    const baseSeq = headOf(this.bases, origin).seq;
    const log = this.logs.get(origin) ?? [];
    const last = log.at(-1) ?? head;
    if (log.length === head.seq - baseSeq && formatHead(last) === formatHead(head))
      return undefined;
    return last.ts > head.ts && last.seq - baseSeq === log.length ? "ahead" : "broken";
  }
}

function toChainedHead({ ts, seq, chain }: Entry): ChainedHead {
  return { ts, seq, chain };
}
