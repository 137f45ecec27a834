import { adopt, applyCommit, chainedHead, configure, createChannelLog } from "@dred/core";
import type { ChainedHead, ChannelLog, CommitPlan } from "@dred/core";
import { DredError, headOf, START } from "@dred/protocol";
import type { ChannelKey, ChannelOptions, Entry, Head, OriginId } from "@dred/protocol";
import { DamagedLogs } from "./DamagedLogs.ts";
import { examineLogs } from "./examineLogs.ts";
import type { DamagedLog, ExaminedChannel } from "./examineLogs.ts";
import { isDamage } from "./isDamage.ts";
import type { CommitReply, Range, Skip, Trim } from "./ports/Store.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";

/** Told of every head that moves, in the tick in which that is known. */
export type HeadListener = (
  origin: OriginId,
  move: { readonly before: ChainedHead | undefined; readonly after: ChainedHead | undefined },
) => void;

/**
 * The logs of one channel as its store confirmed them, and the store calls that move them, one at
 * a time. Knows which of them are damaged: those are left alone until they are whole again, and
 * nothing else waits for them.
 */
export class StoredLogs {
  readonly key: ChannelKey;
  /** What is decided upon. */
  readonly log: ChannelLog;
  readonly #context: ReplicaContext;
  readonly #headMoved: HeadListener;
  readonly #damaged: DamagedLogs;
  /** Logs that are read whole when the channel is read next. */
  readonly #suspects = new Set<OriginId>();
  #isDoubted = false;
  /** The length of the windows for which the channel was read; undefined before. */
  #readWindowMs: number | undefined;
  /** Through which ts each log was asked to be removed, done or not. */
  readonly #removed = new Map<OriginId, number>();
  /** The largest head of our own log that anybody may have been told of. */
  #told: Head = START;

  constructor(context: ReplicaContext, key: ChannelKey, headMoved: HeadListener) {
    this.#context = context;
    this.key = key;
    this.#headMoved = headMoved;
    this.log = createChannelLog(key);
    this.#damaged = new DamagedLogs(context, key);
  }

  get damaged(): ReadonlyMap<OriginId, DamagedLog> {
    return this.#damaged.all;
  }

  /** Whether something was amiss since the channel was read last. */
  get isSuspect(): boolean {
    // Entries may have come before the registry told what the windows are.
    const isIndexStale = (this.#readWindowMs ?? this.log.windowMs) !== this.log.windowMs;
    return this.#isDoubted || isIndexStale || this.#suspects.size > 0;
  }

  /** Has the store asked anew, before the next call, what it holds. */
  doubt(): void {
    this.#isDoubted = true;
  }

  /** Has the logs that cannot be written looked at again; whether there are any. */
  suspectUnwritable(): boolean {
    const unwritable = this.#damaged.unwritable();
    for (const origin of unwritable) this.#suspects.add(origin);
    return unwritable.length > 0;
  }

  configure({ messageLifetime }: ChannelOptions, floorTs: number): void {
    configure(this.log, { floorTs, messageLifetimeMs: messageLifetime });
  }

  /**
   * Reads what the store holds and heals what can be healed; nothing is adopted when it rejects.
   *
   * @throws DredError `store-fenced` when the store forgot some of our own log (R2).
   */
  async load(): Promise<() => void> {
    const { windowMs } = this.log; // may be another when the store has answered
    const stored = await this.#context.session.openChannel(this.key, windowMs, this.#context);
    const examination = { key: this.key, windowMs, stored, suspects: this.#suspects };
    const examined = await examineLogs(this.#context, examination);
    if (chainedHead(examined.log, this.#context.origin).seq < this.#told.seq) {
      const detail = `the store holds less of ${this.key} than it acknowledged`;
      throw new DredError("store-fenced", detail); // R2
    }
    return () => {
      this.#readWindowMs = windowMs;
      this.#adopt(examined);
    };
  }

  #adopt({ log, damaged }: ExaminedChannel): void {
    const before = new Map(this.log.heads);
    adopt(this.log, log);
    this.#told = chainedHead(this.log, this.#context.origin);
    this.#suspects.clear();
    this.#isDoubted = false;
    this.#damaged.adopt(new Map([...this.#fallen(before), ...damaged]));
    for (const origin of this.#damaged.all.keys()) {
      if (!damaged.has(origin)) this.#damaged.settle(origin, chainedHead(this.log, origin));
    }
    for (const origin of new Set([...before.keys(), ...this.log.heads.keys()])) {
      this.#noteMove(origin, before.get(origin));
    }
  }

  /** Logs whose heads the store no longer knows, though it had confirmed them to this process. */
  #fallen(before: ReadonlyMap<OriginId, ChainedHead>): Map<OriginId, DamagedLog> {
    const fallen = new Map<OriginId, DamagedLog>();
    for (const [origin, through] of before) {
      if (chainedHead(this.log, origin).ts >= through.ts || this.#damaged.has(origin)) continue;
      fallen.set(origin, this.#damaged.forgotten(origin, through));
    }
    return fallen;
  }

  /**
   * Whether a log can be appended to. One with a hole is cut there first, so this is to be called
   * only when entries that were missing have come.
   */
  async makeRoom(origin: OriginId): Promise<boolean> {
    const damage = this.#damaged.get(origin);
    if (damage?.isUncut !== true || !damage.isWritable) return damage?.isWritable !== false;
    try {
      await this.#cut(origin, damage);
    } catch (error) {
      if (!isDamage(error)) throw error;
      this.#damaged.noteUncuttable(origin, error);
      return false;
    }
    return true;
  }

  /** Appends, and moves what is known; anything but `done` wrote nothing. */
  async commit(plan: CommitPlan): Promise<CommitReply> {
    const reply = await this.#guard(plan.origin, () =>
      this.#context.session.commit(this.key, plan, this.#context),
    );
    if (reply.status !== "done") return reply;
    const before = this.log.heads.get(plan.origin);
    applyCommit(this.log, plan);
    if (plan.origin === this.#context.origin) this.#told = chainedHead(this.log, plan.origin);
    this.#moved(plan.origin, before);
    return reply;
  }

  /** Moves a head and its base over what is dead. */
  async skip(skip: Skip): Promise<CommitReply> {
    const { origin, base } = skip;
    this.#removed.set(origin, base.ts);
    await this.#giveUp(origin);
    const reply = await this.#guard(origin, () =>
      this.#orDoubt(this.#context.session.skip(this.key, skip, this.#context)),
    );
    if (reply.status !== "done") return reply;
    const before = this.log.heads.get(origin);
    this.log.bases.set(origin, base);
    this.log.heads.set(origin, base);
    this.log.largestTs = Math.max(this.log.largestTs, base.ts);
    this.#moved(origin, before);
    return reply;
  }

  /** Removes what is dead; a damaged log is left as it is. */
  async trim(trim: Trim): Promise<void> {
    const { origin, base, twinsGone } = trim;
    if (this.#damaged.has(origin)) return;
    this.#removed.set(origin, base.ts);
    await this.#orDoubt(this.#context.session.trim(this.key, trim, this.#context));
    this.log.bases.set(origin, base);
    for (const digest of twinsGone) this.log.twins.delete(digest);
  }

  /**
   * The end of what a damaged log has to be given up through before it can go on, where its chain
   * hash is known: the first entry behind the hole, or all that the store lost where none is held.
   * Undefined when the log is not damaged, or its key has another type.
   */
  async lossOf(origin: OriginId): Promise<ChainedHead | undefined> {
    const damage = this.#damaged.get(origin);
    if (damage?.isReadable !== true) return undefined;
    if (!damage.isUncut) return damage.through;
    return (await this.#firstBehind(origin, damage.through)) ?? damage.through;
  }

  /** Goes on behind what a damaged log lost, through `end`, which is dead. */
  async passLoss(origin: OriginId, end: ChainedHead): Promise<void> {
    const through = this.#damaged.get(origin)?.through ?? end;
    if (end.ts >= through.ts) {
      await this.skip({ origin, expected: chainedHead(this.log, origin), base: end });
      return;
    }
    this.#suspects.add(origin); // what lies behind is read again: it may have another hole
    this.#removed.set(origin, end.ts);
    const trim = { origin, base: end, twinsGone: [] };
    await this.#orDoubt(this.#context.session.trim(this.key, trim, this.#context));
  }

  /** @throws DredError `store-damaged` when entries are missing: read the channel again. */
  async range(range: Range): Promise<Entry[]> {
    const { origin } = range;
    const head = chainedHead(this.log, origin);
    const isDamaged = this.#damaged.has(origin);
    const beforeTs = isDamaged ? Math.min(range.beforeTs, head.ts + 1) : range.beforeTs;
    const bounded = { ...range, beforeTs };
    try {
      const entries = await this.#context.session.range(this.key, bounded, this.#context);
      if (isWhole(entries) && !this.#lacks(bounded, entries, head)) return entries;
    } catch (error) {
      if (isDamage(error)) this.#suspects.add(origin);
      throw error;
    }
    this.doubt();
    const detail = `entries of ${origin} in ${this.key} are missing in the store`;
    throw new DredError("store-damaged", detail);
  }

  /** Undefined also when it cannot be read: then where the next one lies is not known. */
  async #firstBehind(origin: OriginId, through: Head): Promise<ChainedHead | undefined> {
    const afterTs = chainedHead(this.log, origin).ts;
    const bounds = { origin, afterTs, beforeTs: through.ts, order: "asc" } as const;
    const range = { ...bounds, entriesMax: 1, charsMax: 1 };
    try {
      const [first] = await this.#context.session.range(this.key, range, this.#context);
      return first && { ts: first.ts, seq: first.seq, chain: first.chain };
    } catch (error) {
      if (isDamage(error)) return undefined;
      throw error;
    }
  }

  /** Whether a page is empty although it should have shown the entry at the head. */
  #lacks({ origin, afterTs, beforeTs }: Range, entries: readonly Entry[], head: Head): boolean {
    const baseTs = Math.max(headOf(this.log.bases, origin).ts, this.#removed.get(origin) ?? 0);
    const isHeadWanted = afterTs < head.ts && head.ts < beforeTs;
    return entries.length === 0 && isHeadWanted && baseTs < head.ts;
  }

  /** A store that has another head says so again when it is appended to. */
  async #cut(origin: OriginId, damage: DamagedLog): Promise<void> {
    const cut = { origin, expected: damage.through, head: chainedHead(this.log, origin) };
    await this.#context.session.shorten(this.key, cut, this.#context);
    this.#damaged.noteCut(origin);
  }

  /** Removes all of a log with a hole, because what lies before the hole is dead. */
  async #giveUp(origin: OriginId): Promise<void> {
    const damage = this.#damaged.get(origin);
    if (damage?.isUncut !== true || !damage.isReadable) return;
    const base = chainedHead(this.log, origin);
    if (base.ts > headOf(this.log.bases, origin).ts) {
      const trim = { origin, base, twinsGone: [] };
      await this.#orDoubt(this.#context.session.trim(this.key, trim, this.#context));
      this.log.bases.set(origin, base);
    }
    await this.#cut(origin, damage); // nothing is kept, so this needs no memory
  }

  /** A call that was not answered may have moved a base: the store is asked before the next one. */
  #orDoubt<Reply>(call: Promise<Reply>): Promise<Reply> {
    return call.catch((error: unknown) => {
      this.doubt();
      throw error;
    });
  }

  /** A store that disagrees, or that cannot write there, is read again before the next call. */
  async #guard(origin: OriginId, call: () => Promise<CommitReply>): Promise<CommitReply> {
    let reply: CommitReply;
    try {
      reply = await call();
    } catch (error) {
      if (!isDamage(error)) throw error;
      reply = { status: "mismatch", head: START };
    }
    if (reply.status === "mismatch") this.#suspects.add(origin);
    return reply;
  }

  #moved(origin: OriginId, before: ChainedHead | undefined): void {
    this.#damaged.settle(origin, chainedHead(this.log, origin));
    this.#noteMove(origin, before);
  }

  #noteMove(origin: OriginId, before: ChainedHead | undefined): void {
    this.#headMoved(origin, { before, after: this.log.heads.get(origin) });
  }
}

function isWhole(entries: readonly Entry[]): boolean {
  return entries.every((entry, index) => {
    const before = entries[index - 1];
    return before === undefined || Math.abs(entry.seq - before.seq) === 1;
  });
}
