import { adopt, applyCommit, chainedHead, configure, createChannelLog } from "@dred/core";
import { deadRanges, expectKnown, parseIndexed, planEntries, planPosts } from "@dred/core";
import type { ChainedHead, ChannelContent, ChannelLog, CommitPlan, DeadRange } from "@dred/core";
import type { PendingPost, StopReason } from "@dred/core";
import { assert, DredError, START } from "@dred/protocol";
import type { ChannelKey, ChannelOptions, Entry, Head, OriginId } from "@dred/protocol";
import type { CommitReply, Range, StoredChannel } from "./ports/Store.ts";
import { EntryQueue } from "./EntryQueue.ts";
import { PostQueue } from "./PostQueue.ts";
import type { PostOutcome } from "./PostQueue.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";

/*
 * One generation of one channel on this server: what is held of it, and the only place from
 * which it is written. Posts and replicated entries wait in two queues; one store call is
 * under way at a time, and what waits meanwhile goes together in the next, so that load
 * makes larger batches and no delay does. Two calls at once would be no faster and could not
 * know the heads they build upon.
 *
 * Every decision rests on `log`, which moves only when the store confirmed a commit. When an
 * outcome is unknown or the store disagrees, the channel is opened again from the store
 * before anything else is written.
 */

/** What others must know of a channel's moves; called in the tick in which they happen. */
export interface ChannelObserver {
  /** Entries of one log were stored; `before` is the head they continue. */
  appended(
    channel: ChannelReplica,
    origin: OriginId,
    before: Head,
    entries: readonly Entry[],
  ): void;
  /** Heads moved in another way (opened again, or a gap): readers must look at the store. */
  advanced(channel: ChannelReplica): void;
  headMoved(
    channel: ChannelReplica,
    origin: OriginId,
    move: { readonly before: ChainedHead | undefined; readonly after: ChainedHead | undefined },
  ): void;
}

/** How often a batch is decided anew when the store knows more than we expected. */
const ROUNDS_MAX = 8;

/** Something that must not run beside a store call of this channel. */
interface Exclusive {
  run(): Promise<void>;
  reject(error: DredError): void;
}

export class ChannelReplica {
  readonly key: ChannelKey;
  readonly #context: ReplicaContext;
  readonly #observer: ChannelObserver;
  readonly #log: ChannelLog;
  readonly #posts: PostQueue;
  readonly #entries: EntryQueue;
  readonly #exclusives: Exclusive[] = [];
  #options: ChannelOptions = {};
  #isOpen = false;
  #isRunning = false;
  #isClosed = false;
  #opening: Promise<void> | undefined;
  /** The largest seq of our own origin that a client may have been told of. */
  #acked: Head = START;
  #ranges: { readonly heads: number; readonly at: number; readonly of: Map<OriginId, DeadRange> };
  #moves = 0;
  #mismatches = 0;

  constructor(context: ReplicaContext, key: ChannelKey, observer: ChannelObserver) {
    this.#context = context;
    this.key = key;
    this.#observer = observer;
    this.#log = createChannelLog(key);
    this.#posts = new PostQueue();
    this.#entries = new EntryQueue();
    this.#ranges = { heads: -1, at: 0, of: new Map() };
  }

  /** Heads, bases and twins as the store confirmed them; only this class moves them. */
  get content(): ChannelContent & { readonly largestTs: number } {
    return this.#log;
  }

  get options(): ChannelOptions {
    return this.#options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  configure(options: ChannelOptions, floorTs: number): void {
    this.#options = options;
    configure(this.#log, { floorTs, messageLifetimeMs: options.messageLifetime });
    this.#ranges = { heads: -1, at: 0, of: new Map() };
  }

  /** What is dead in each log now (R5); computed at most ten times a second. */
  deadRanges(): ReadonlyMap<OriginId, DeadRange> {
    const now = this.#context.clock.now();
    if (this.#ranges.heads !== this.#moves || Math.abs(now - this.#ranges.at) >= 100) {
      const rules = {
        messageLifetimeMs: this.#options.messageLifetime ?? Number.POSITIVE_INFINITY,
        maxMessages: this.#options.maxMessages ?? Number.POSITIVE_INFINITY,
      };
      const of = deadRanges(rules, this.#log.heads, this.#context.stampNowMs());
      this.#ranges = { heads: this.#moves, at: now, of };
    }
    return this.#ranges.of;
  }

  /** Reads what the store holds, once; every other call waits for it. */
  open(): Promise<void> {
    if (this.#isClosed) return Promise.reject(gone());
    if (this.#isOpen) return Promise.resolve();
    this.#opening ??= this.#openFromStore().finally(() => (this.#opening = undefined));
    return this.#opening;
  }

  /** Appends a client's message under our own origin. */
  post(post: PendingPost): Promise<PostOutcome> {
    if (this.#isClosed) return Promise.reject(gone());
    const outcome = this.#posts.add(post);
    this.#start();
    return outcome;
  }

  /**
   * Stores what a peer sent of another origin's log, as far as it continues what is held.
   * Resolves with the reason why it did not go on, if any.
   */
  replicate(origin: OriginId, entries: readonly Entry[]): Promise<StopReason | undefined> {
    assert(origin !== this.#context.origin, "R2: nobody else writes our own log");
    if (this.#isClosed) return Promise.reject(gone());
    const outcome = this.#entries.add(origin, entries);
    this.#start();
    return outcome;
  }

  /** Moves a log's head over entries that are dead; does nothing when it has moved already. */
  skip(origin: OriginId, after: Head, base: ChainedHead): Promise<void> {
    return this.#exclusively(async () => {
      const expected = chainedHead(this.#log, origin);
      if (expected.seq !== after.seq || base.ts <= expected.ts) return;
      const skip = { origin, expected, base };
      const reply = await this.#context.session.skip(this.key, skip, this.#context);
      if (this.#isClosed) throw gone();
      if (reply.status !== "done") return this.#reopenLater();
      this.#log.bases.set(origin, base);
      this.#moveHead(origin, base);
      this.#observer.advanced(this);
    });
  }

  /** Removes what is dead through `base` from the store; readers no longer see it anyway. */
  trim(origin: OriginId, base: ChainedHead, twinsGone: readonly string[]): Promise<void> {
    return this.#exclusively(async () => {
      await this.#context.session.trim(this.key, { origin, base, twinsGone }, this.#context);
      this.#log.bases.set(origin, base);
      for (const digest of twinsGone) this.#log.twins.delete(digest);
    });
  }

  async range(range: Range): Promise<Entry[]> {
    await this.open();
    return this.#context.session.range(this.key, range, this.#context);
  }

  /**
   * Makes sure that the store is still the one that was opened, when whatever is written to the
   * channel now has come to its end. @throws DredError if not.
   */
  confirmStore(): Promise<void> {
    return this.#exclusively(() => this.#context.session.renew(this.#context));
  }

  /** Ends it: its generation is deleted, or the replica ends. Whoever waits is told. */
  close(error: DredError): void {
    this.#isClosed = true;
    this.#rejectAll(error);
    for (const [origin, head] of this.#log.heads) {
      this.#observer.headMoved(this, origin, { before: head, after: undefined });
    }
  }

  #exclusively(action: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return Promise.reject(gone());
    return new Promise((resolve, reject) => {
      this.#exclusives.push({ run: () => action().then(resolve, reject), reject });
      this.#start();
    });
  }

  #start(): void {
    if (this.#isRunning || this.#isClosed) return;
    this.#isRunning = true;
    void this.#run().finally(() => {
      this.#isRunning = false;
      if (this.#hasWork()) this.#start();
    });
  }

  #hasWork(): boolean {
    if (this.#isClosed) return false;
    return this.#posts.size > 0 || this.#entries.size > 0 || this.#exclusives.length > 0;
  }

  async #run(): Promise<void> {
    while (this.#hasWork()) {
      try {
        await this.open();
        await this.#exclusives.shift()?.run();
        await this.#commitPosts();
        await this.#commitEntries();
      } catch (error) {
        this.#fail(error);
      }
    }
  }

  /** Everyone who waits is told: nobody can say before the channel was opened again. */
  #fail(error: unknown): void {
    this.#isOpen = false;
    const reason = this.#context.signal.aborted ? ended() : toStoreError(error);
    this.#rejectAll(reason);
    // A commit that met the removal of its channel found no stamp: that is no other store.
    if (reason.code === "store-fenced" && !this.#isClosed) {
      this.#context.fail({ reason: "fenced", detail: reason.detail });
    }
    if (reason.code === "internal") this.#context.log.error("commit failed", { error });
  }

  #rejectAll(error: DredError): void {
    this.#posts.rejectAll(error);
    this.#entries.rejectAll(error);
    for (const exclusive of this.#exclusives.splice(0)) exclusive.reject(error);
  }

  async #commitPosts(): Promise<void> {
    for (let round = 0; round < ROUNDS_MAX && this.#posts.size > 0; round++) {
      if (!this.#isOpen) return;
      const { origin, hash } = this.#context;
      const context = { origin, nowMs: this.#context.stampNowMs(), sha256: hash.sha256 };
      const plan = planPosts(this.#log, this.#posts.waiting(), context);
      const reply = await this.#commit(plan);
      if (reply.status === "known") this.#settleKnown(reply.values);
      if (reply.status !== "done") continue;
      const own = plan.entries.map((entry) => ({
        origin: plan.origin,
        ts: entry.ts,
        seq: entry.seq,
      }));
      this.#acked = own.at(-1) ?? this.#acked;
      this.#posts.settleCreated(own);
      return;
    }
  }

  #settleKnown(values: ReadonlyMap<string, string>): void {
    for (const [digest, value] of values) {
      if (value !== "") this.#posts.settleKnown(digest, parseIndexed(value));
    }
  }

  async #commitEntries(): Promise<void> {
    const next = this.#entries.next();
    // What waits exclusively came first: a gap that these entries continue.
    if (next === undefined || !this.#isOpen || this.#exclusives.length > 0) return;
    const { origin, entries } = next;
    const nowMs = this.#context.stampNowMs();
    const context = { origin, nowMs, sha256: this.#context.hash.sha256 };
    const { commit, taken, stop } = planEntries(this.#log, entries, context);
    if (commit !== undefined && !(await this.#commitReplicated(commit))) return;
    this.#context.counts.known += taken - (commit?.entries.length ?? 0);
    this.#entries.settle(origin, taken, stop);
  }

  /** Appends, noting twins the store knows of; false when the channel must be opened again. */
  async #commitReplicated(plan: CommitPlan): Promise<boolean> {
    let attempt = plan;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const reply = await this.#commit(attempt);
      if (reply.status === "done") return true;
      if (reply.status === "mismatch") return false;
      attempt = expectKnown(attempt, this.#log, reply.values);
    }
    throw new DredError("store-unavailable", `the ocid index of ${this.key} keeps changing`);
  }

  async #commit(plan: CommitPlan): Promise<CommitReply> {
    if (this.#isClosed) throw gone();
    const reply = await this.#context.session.commit(this.key, plan, this.#context);
    if (this.#isClosed) throw gone();
    if (reply.status === "mismatch") this.#reopenLater();
    if (reply.status !== "done") return reply;
    this.#mismatches = 0;
    const before = chainedHead(this.#log, plan.origin);
    const known = this.#log.heads.get(plan.origin);
    applyCommit(this.#log, plan);
    this.#noteMove(plan.origin, known);
    this.#observer.appended(this, plan.origin, before, plan.entries);
    return reply;
  }

  /** Nothing more is written before the channel was read again; not for ever, though. */
  #reopenLater(): void {
    this.#isOpen = false;
    if (++this.#mismatches <= ROUNDS_MAX) return;
    this.#mismatches = 0;
    throw new DredError("store-unavailable", `the store's heads of ${this.key} keep changing`);
  }

  async #openFromStore(): Promise<void> {
    const stored = await this.#context.session.openChannel(this.key, this.#context);
    if (this.#isClosed) throw gone(); // what is adopted now would be counted for ever
    const own = stored.heads.get(this.#context.origin) ?? START;
    if (own.seq < this.#acked.seq) {
      const detail = `the store holds less of ${this.key} than it acknowledged`;
      this.#context.fail({ reason: "fenced", detail });
      throw new DredError("store-fenced", detail); // R2
    }
    this.#adopt(stored);
    this.#isOpen = true;
    this.#observer.advanced(this);
  }

  #adopt(stored: StoredChannel): void {
    const before = new Map(this.#log.heads);
    adopt(this.#log, stored);
    for (const origin of new Set([...before.keys(), ...this.#log.heads.keys()])) {
      this.#noteMove(origin, before.get(origin));
    }
  }

  #moveHead(origin: OriginId, head: ChainedHead): void {
    const before = this.#log.heads.get(origin);
    this.#log.heads.set(origin, head);
    this.#log.largestTs = Math.max(this.#log.largestTs, head.ts);
    this.#noteMove(origin, before);
  }

  #noteMove(origin: OriginId, before: ChainedHead | undefined): void {
    this.#moves++;
    const after = this.#log.heads.get(origin);
    this.#observer.headMoved(this, origin, { before, after });
  }
}

function gone(): DredError {
  return new DredError("channel-not-found", "channel not found");
}

/** A store call was cut off because the replica ends: it may have been carried out. */
function ended(): DredError {
  return new DredError("outcome-unknown", "the replica has ended; retry with the same ocid");
}

/** What a client is told when a store call failed: what may have been stored stays open. */
function toStoreError(error: unknown): DredError {
  if (!(error instanceof DredError)) {
    return new DredError("internal", "the message could not be stored", { cause: error });
  }
  if (error.code !== "store-unavailable") return error;
  const detail = "the store did not answer; retry with the same ocid";
  return new DredError("outcome-unknown", detail, { cause: error });
}
