import { chainedHead } from "@dred/core";
import type { ChainedHead, ChannelContent, PendingPost } from "@dred/core";
import { assert, DredError } from "@dred/protocol";
import type { ChannelKey, ChannelOptions, Entry, Head, OriginId } from "@dred/protocol";
import { ChannelCommits } from "./ChannelCommits.ts";
import { channelGone, toPostError } from "./channelErrors.ts";
import { ChannelLife } from "./ChannelLife.ts";
import type { DamagedLog } from "./examineLogs.ts";
import type { Range } from "./ports/Store.ts";
import type { EntryStop } from "./EntryQueue.ts";
import type { PostOutcome } from "./PostQueue.ts";
import { Reopening } from "./Reopening.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";
import { StoredLogs } from "./StoredLogs.ts";
import { StoreTurns } from "./StoreTurns.ts";

/*
 * One generation of one channel on this server: what is held of it, and the only place from
 * which it is written. Posts and replicated entries wait in two queues (`ChannelCommits`); one
 * store call is under way at a time (`StoreTurns`), and what waits meanwhile goes together in
 * the next, so that load makes larger batches and no delay does. Two calls at once would be no
 * faster and could not know the heads they build upon.
 *
 * Every decision rests on `StoredLogs`, which moves only when the store confirmed a commit. When
 * an outcome is unknown or the store disagrees, the channel is opened again from the store before
 * anything else is written. Whoever waits is told of a failure: posts are repeated by their
 * clients, replicated entries by the links that hold them (`links/EntryIntake.ts`).
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

/** How often the store may have other heads than were just read, without a commit between. */
const MISMATCHES_MAX = 8;

export class ChannelReplica {
  readonly key: ChannelKey;
  /** Which of its messages are dead. */
  readonly life: ChannelLife;
  readonly #context: ReplicaContext;
  readonly #observer: ChannelObserver;
  readonly #logs: StoredLogs;
  readonly #commits: ChannelCommits;
  readonly #turns: StoreTurns;
  readonly #afterFailure: Reopening;
  #options: ChannelOptions = {};
  #isOpen = false;
  #isClosed = false;
  #loading: Promise<void> | undefined;
  #reopening: Promise<void> | undefined;
  #mismatches = 0;

  constructor(context: ReplicaContext, key: ChannelKey, observer: ChannelObserver) {
    this.#context = context;
    this.key = key;
    this.#observer = observer;
    this.#logs = new StoredLogs(context, key, (origin, move) => {
      if (this.#isClosed) return; // what moves now would be counted for ever
      this.life.headMoved();
      observer.headMoved(this, origin, move);
    });
    this.life = new ChannelLife(context, () => this.#logs.log.heads);
    this.#commits = new ChannelCommits(context, this.#logs, {
      isClosed: () => this.#isClosed,
      isSound: () => this.#isSound,
      committed: (origin, before, entries) => {
        this.#mismatches = 0;
        observer.appended(this, origin, before, entries);
      },
      mismatched: () => this.#reopenLater(),
    });
    this.#turns = new StoreTurns({
      prepare: () => this.#ensureOpen(),
      hasMore: () => !this.#commits.isEmpty,
      next: () => this.#commitWaiting(),
      failed: (error) => this.#fail(error),
    });
    this.#afterFailure = new Reopening(context, {
      isDone: () => this.#isOpen || this.#isClosed,
      open: () => this.open(),
    });
  }

  /** Heads, bases and twins as the store confirmed them. */
  get content(): ChannelContent & { readonly largestTs: number } {
    return this.#logs.log;
  }

  get options(): ChannelOptions {
    return this.#options;
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** Logs of which the store lost something, or that it cannot read. */
  get damaged(): ReadonlyMap<OriginId, DamagedLog> {
    return this.#logs.damaged;
  }

  configure(options: ChannelOptions, floorTs: number): void {
    this.#options = options;
    this.#logs.configure(options, floorTs);
    this.life.configure(options);
  }

  /** Resolves when what the store holds was read, anew where something was amiss. */
  open(): Promise<void> {
    if (this.#isClosed) return Promise.reject(channelGone());
    if (!this.#isOpen) return this.#load();
    if (!this.#logs.isSuspect) return Promise.resolve();
    // Beside a commit, what is read could be older than what that moves.
    this.#reopening ??= this.#exclusively(() => this.#ensureOpen()).finally(() => {
      this.#reopening = undefined;
    });
    return this.#reopening;
  }

  /** Asks the store anew what it holds: a log of which entries are missing falls back. */
  async examine(): Promise<void> {
    this.#logs.doubt();
    await this.open();
  }

  /** Looks again at logs that cannot be written: whatever stood in their way may be gone. */
  async lookAgain(): Promise<void> {
    if (this.#logs.suspectUnwritable()) await this.open();
  }

  /** Posts that wait for the store, and the characters of their lines. */
  get waitingPosts(): { readonly count: number; readonly chars: number } {
    return this.#commits.waitingPosts;
  }

  /** Appends a client's message under our own origin. */
  post(post: PendingPost): Promise<PostOutcome> {
    if (this.#isClosed) return Promise.reject(channelGone());
    const outcome = this.#commits.addPost(post);
    this.#turns.begin();
    return outcome;
  }

  /**
   * Stores what a peer sent of another origin's log, as far as it continues what is held.
   * Resolves with the reason why it did not go on, if any.
   */
  replicate(origin: OriginId, entries: readonly Entry[]): Promise<EntryStop | undefined> {
    assert(origin !== this.#context.origin, "R2: nobody else writes our own log");
    if (this.#isClosed) return Promise.reject(channelGone());
    const outcome = this.#commits.addEntries(origin, entries);
    this.#turns.begin();
    return outcome;
  }

  /** Moves a log's head over entries that are dead; does nothing when it has moved already. */
  skip(origin: OriginId, after: Head, base: ChainedHead): Promise<void> {
    return this.#exclusively(async () => {
      const expected = chainedHead(this.#logs.log, origin);
      if (expected.seq !== after.seq || base.ts <= expected.ts) return;
      const reply = await this.#logs.skip({ origin, expected, base });
      if (this.#isClosed) throw channelGone();
      if (reply.status !== "done") return this.#reopenLater();
      this.#observer.advanced(this);
    });
  }

  /** Removes what is dead through `base` from the store; readers no longer see it anyway. */
  trim(origin: OriginId, base: ChainedHead, twinsGone: readonly string[]): Promise<void> {
    return this.#exclusively(() => this.#logs.trim({ origin, base, twinsGone }));
  }

  /** The end of what a damaged log has to be given up through; undefined when it is sound. */
  async lossOf(origin: OriginId): Promise<Head | undefined> {
    await this.open();
    return this.#logs.lossOf(origin);
  }

  /** Goes on behind what the store lost of a log, if that is dead (R5). */
  passLoss(origin: OriginId): Promise<void> {
    return this.#exclusively(async () => {
      const end = await this.#logs.lossOf(origin);
      if (end === undefined || !this.life.isDead(origin, end)) return;
      await this.#logs.passLoss(origin, end);
      if (this.#isClosed) throw channelGone();
      await this.#ensureOpen();
      this.#observer.advanced(this);
    });
  }

  async range(range: Range): Promise<Entry[]> {
    await this.open();
    return this.#logs.range(range);
  }

  /** Ends it: its generation is deleted, or the replica ends. Whoever waits is told. */
  close(error: DredError): void {
    this.#isClosed = true;
    this.#turns.close();
    this.#rejectAll(error);
    for (const [origin, head] of this.content.heads) {
      this.#observer.headMoved(this, origin, { before: head, after: undefined });
    }
  }

  #exclusively(action: () => Promise<void>): Promise<void> {
    if (this.#isClosed) return Promise.reject(channelGone());
    return this.#turns.exclusively(async () => {
      try {
        await action();
      } catch (error) {
        this.#endIfFenced(error);
        throw error;
      }
    });
  }

  async #commitWaiting(): Promise<void> {
    await this.#commits.commitPosts();
    // What waits exclusively comes first: it may be a gap that these entries continue.
    if (!this.#turns.hasExclusive) await this.#commits.commitEntries();
  }

  /** Everyone who waits is told: nobody can say before the channel was opened again. */
  #fail(error: unknown): void {
    const reason = toPostError(error, this.#context.signal.aborted);
    if (reason.code !== "store-full") this.#isOpen = false; // then nothing was written
    this.#rejectAll(reason);
    if (!this.#isOpen) this.#afterFailure.begin();
    this.#endIfFenced(reason);
    if (reason.code === "internal") this.#context.log.error("commit failed", { error });
  }

  /** Whatever was called: a store that has another life ends the epoch (R2). */
  #endIfFenced(error: unknown): void {
    // A call that met the removal of its channel found no stamp: that is no other store.
    if (this.#isClosed || !(error instanceof DredError) || error.code !== "store-fenced") return;
    this.#context.fail({ reason: "fenced", detail: error.detail });
  }

  #rejectAll(error: DredError): void {
    this.#commits.rejectAll(error);
    this.#turns.rejectAll(error);
  }

  /** Nothing more is written before the channel was read again; not for ever, though. */
  #reopenLater(): void {
    this.#isOpen = false;
    if (++this.#mismatches <= MISMATCHES_MAX) return;
    this.#mismatches = 0;
    throw new DredError("store-unavailable", `the store's heads of ${this.key} keep changing`);
  }

  /** Whether the next write may rest on what was read of the store. */
  get #isSound(): boolean {
    return this.#isOpen && !this.#logs.isSuspect;
  }

  /** To be called only while no other store call of this channel is under way. */
  async #ensureOpen(): Promise<void> {
    if (!this.#isSound) await this.#load();
  }

  /** Reads what the store holds, once; every other call waits for it. */
  #load(): Promise<void> {
    this.#loading ??= this.#openFromStore().finally(() => (this.#loading = undefined));
    return this.#loading;
  }

  async #openFromStore(): Promise<void> {
    try {
      const adopt = await this.#logs.load();
      if (this.#isClosed) throw channelGone(); // what is adopted now would be counted for ever
      adopt();
      this.#isOpen = true;
      this.#observer.advanced(this);
    } catch (error) {
      this.#endIfFenced(error);
      throw error;
    }
  }
}
