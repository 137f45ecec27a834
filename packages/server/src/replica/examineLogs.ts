import { adopt, applyCommit, chainedHead, CHAIN_START, continueLog } from "@dred/core";
import { createChannelLog, expectKnown, planReindex } from "@dred/core";
import type { ChainedHead, ChannelLog } from "@dred/core";
import { DredError, limits } from "@dred/protocol";
import type { ChannelKey, Entry, OriginId } from "@dred/protocol";
import { isDamage } from "./isDamage.ts";
import type { LogFault, Range, StoredChannel } from "./ports/Store.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";

/*
 * A store says which logs do not hold what they should; what of them counts is decided here. The
 * rule: the entries are the truth, as far as they continue the log from its base without a hole
 * and on a right chain. Entries behind the head are what a commit left that died half-way: they
 * are indexed, and count. A log that ends before its head was damaged from outside: its head
 * falls to where it is whole, and peers send the rest. What lies behind the hole is removed only
 * when they do, for it may be the last copy. Our own present log is never treated so: a store
 * that forgot of it may not continue its epoch (R2).
 */

/** A log of which entries are missing, or that cannot be read at all. */
export interface DamagedLog {
  readonly detail: string;
  /** Since when that is known, ms since 1970. */
  readonly sinceMs: number;
  /** False when its key has another type. */
  readonly isReadable: boolean;
  /** False when it cannot be read, or cut for lack of memory: then nothing is appended. */
  readonly isWritable: boolean;
  /** The head that the store once confirmed: what lies between ours and this is missing. */
  readonly through: ChainedHead;
  /** Whether the store still has that head, and perhaps entries behind the hole. */
  readonly isUncut: boolean;
}

export interface ExaminedChannel {
  readonly log: ChannelLog;
  readonly damaged: ReadonlyMap<OriginId, DamagedLog>;
}

export interface Examination {
  readonly key: ChannelKey;
  readonly windowMs: number;
  readonly stored: StoredChannel;
  /** Logs in which something was amiss since they were read last. */
  readonly suspects: ReadonlySet<OriginId>;
}

/** How often a call is made anew when the store knows more than we expected. */
const ROUNDS_MAX = 8;

/**
 * Heals what can be healed of a channel that was read from its store.
 *
 * @throws DredError `store-fenced` when our own log is damaged; otherwise as the store's port.
 */
export async function examineLogs(
  context: ReplicaContext,
  examination: Examination,
): Promise<ExaminedChannel> {
  const { stored, suspects } = examination;
  const examiner = new Examiner(context, examination);
  for (const [origin, fault] of stored.faults) await examiner.examine(origin, fault);
  for (const origin of suspects) {
    if (!stored.faults.has(origin)) await examiner.examine(origin, "broken");
  }
  if (stored.isIndexLost) await examiner.reindexAll();
  return examiner;
}

class Examiner implements ExaminedChannel {
  readonly log: ChannelLog;
  readonly damaged = new Map<OriginId, DamagedLog>();
  readonly #context: ReplicaContext;
  readonly #key: ChannelKey;

  constructor(context: ReplicaContext, { key, windowMs, stored }: Examination) {
    this.#context = context;
    this.#key = key;
    this.log = createChannelLog(key);
    this.log.windowMs = windowMs;
    adopt(this.log, stored);
  }

  async examine(origin: OriginId, fault: LogFault): Promise<void> {
    const confirmed = chainedHead(this.log, origin);
    const base = this.log.bases.get(origin) ?? CHAIN_START;
    if (fault === "unreadable") {
      const detail = "its key has another type: remove it";
      return this.#fallBack(origin, base, { detail, isReadable: false, isWritable: false });
    }
    const from = fault === "ahead" && confirmed.ts > base.ts ? confirmed : base;
    const { held, isWhole } = await this.#scan(origin, from);
    const isForeign = origin !== this.#context.origin;
    if (held.ts < confirmed.ts || !(isWhole || isForeign)) {
      const detail = `entries are missing or cannot be read after seq ${held.seq}`;
      return this.#fallBack(origin, held, { detail, isReadable: true, isWritable: true });
    }
    await this.#reindex(origin, confirmed.ts, held.ts);
    if (fault === "broken" || !isWhole) await this.#cut(origin, held);
  }

  /** Indexes all entries that a repeated post may still name, and has the store note it then. */
  async reindexAll(): Promise<void> {
    const youngest = (this.#context.clock.now() - 3 * this.log.windowMs) * 1000;
    for (const [origin, head] of this.log.heads) {
      if (this.damaged.get(origin)?.isReadable !== false) {
        await this.#reindex(origin, youngest, head.ts);
      }
    }
    await this.#context.session.settleIndex(this.#key, this.log.windowMs, this.#context);
  }

  #fallBack(
    origin: OriginId,
    held: ChainedHead,
    why: Pick<DamagedLog, "detail" | "isReadable" | "isWritable">,
  ): void {
    const detail = `the log ${origin} of ${this.#key} is damaged in the store: ${why.detail}`;
    if (origin === this.#context.origin) throw new DredError("store-fenced", detail); // R2
    const through = chainedHead(this.log, origin);
    const sinceMs = this.#context.clock.now();
    this.damaged.set(origin, { ...why, detail, sinceMs, through, isUncut: true });
    if (held.seq === 0) this.log.heads.delete(origin);
    else this.log.heads.set(origin, held);
  }

  /** Reads a log from `from` on, as far as it is whole; `isWhole` when that is its end. */
  async #scan(
    origin: OriginId,
    from: ChainedHead,
  ): Promise<{ readonly held: ChainedHead; readonly isWhole: boolean }> {
    const { sha256 } = this.#context.hash;
    let held = from;
    let entriesMax: number = limits.BATCH_ENTRIES_MAX;
    for (;;) {
      const page = await this.#read({ origin, afterTs: held.ts, entriesMax });
      if (page === undefined && entriesMax === 1) return { held, isWhole: false };
      if (page === undefined) {
        entriesMax = 1; // what cannot be read is one of the next: go there step by step
        continue;
      }
      if (page.length === 0) return { held, isWhole: true };
      const last = continueLog(sha256, { channel: this.#key, origin }, held, page);
      if (last.seq !== held.seq + page.length) return { held: last, isWhole: false };
      held = last;
    }
  }

  /** Undefined when an entry among them cannot be read. */
  async #read(
    part: Partial<Range> & Pick<Range, "origin" | "afterTs">,
  ): Promise<Entry[] | undefined> {
    const page = {
      entriesMax: limits.BATCH_ENTRIES_MAX,
      charsMax: 1_000_000,
      order: "asc",
    } as const;
    const range = { beforeTs: Number.POSITIVE_INFINITY, ...page, ...part };
    try {
      return await this.#context.session.range(this.#key, range, this.#context);
    } catch (error) {
      if (isDamage(error)) return undefined;
      throw error;
    }
  }

  /** Indexes what a log holds between two ts, the last included; all of it can be read. */
  async #reindex(origin: OriginId, afterTs: number, throughTs: number): Promise<void> {
    let after = afterTs;
    while (after < throughTs) {
      let rest = await this.#read({ origin, afterTs: after, beforeTs: throughTs + 1 });
      if (rest === undefined || rest.length === 0) return;
      after = rest.at(-1)?.ts ?? throughTs;
      while (rest.length > 0) rest = rest.slice(await this.#reindexFirst(origin, rest));
    }
  }

  /** How many of the entries were indexed: as many as go into one call. */
  async #reindexFirst(origin: OriginId, entries: readonly Entry[]): Promise<number> {
    const { session, hash } = this.#context;
    const expected = this.damaged.get(origin)?.through ?? chainedHead(this.log, origin);
    let plan = planReindex(this.log, entries, { origin, expected, sha256: hash.sha256 });
    if (plan.entries.length === 0) return entries.length; // no message: nothing is indexed
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const reply = await session.reindex(this.#key, plan, this.#context);
      if (reply.status === "mismatch") break;
      if (reply.status === "done") {
        applyCommit(this.log, plan);
        return plan.entries.length;
      }
      plan = expectKnown(plan, this.log, reply.values);
    }
    throw this.#unsettled();
  }

  /** Removes what is not ours behind the end of a log that is whole. */
  async #cut(origin: OriginId, head: ChainedHead): Promise<void> {
    const cut = { origin, expected: head, head };
    try {
      const reply = await this.#context.session.shorten(this.#key, cut, this.#context);
      if (reply.status !== "done") throw this.#unsettled();
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#fallBack(origin, head, { detail: error.detail, isReadable: true, isWritable: false });
    }
  }

  #unsettled(): DredError {
    return new DredError("store-unavailable", `the store's heads of ${this.#key} keep changing`);
  }
}
