import { chainedHead, expectKnown, findHeld, planEntries, planPosts } from "@dred/core";
import type { ChainedHead, CommitPlan, PendingPost } from "@dred/core";
import { DredError } from "@dred/protocol";
import type { Entry, OriginId } from "@dred/protocol";
import { channelGone } from "./channelErrors.ts";
import { EntryQueue } from "./EntryQueue.ts";
import type { EntryStop } from "./EntryQueue.ts";
import type { CommitReply } from "./ports/Store.ts";
import { PostQueue } from "./PostQueue.ts";
import type { PostOutcome } from "./PostQueue.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";
import type { StoredLogs } from "./StoredLogs.ts";

/** How often a batch is decided anew when the store knows more than we expected. */
const ROUNDS_MAX = 8;

export interface ChannelCommitsParts {
  isClosed(): boolean;
  /** Whether the next commit may rest on what was read of the store. */
  isSound(): boolean;
  /** Entries were stored behind `before`; called in the tick in which that was confirmed. */
  committed(origin: OriginId, before: ChainedHead, entries: readonly Entry[]): void;
  /** The store has other heads than we believed: nothing was stored. */
  mismatched(): void;
}

/**
 * What waits to be appended to one channel, our own posts and entries of other origins, and the
 * commits that do so: each takes all that waits, as far as it goes into one.
 */
export class ChannelCommits {
  readonly #context: ReplicaContext;
  readonly #logs: StoredLogs;
  readonly #parts: ChannelCommitsParts;
  readonly #posts = new PostQueue();
  readonly #entries = new EntryQueue();

  constructor(context: ReplicaContext, logs: StoredLogs, parts: ChannelCommitsParts) {
    this.#context = context;
    this.#logs = logs;
    this.#parts = parts;
  }

  get isEmpty(): boolean {
    return this.#posts.size === 0 && this.#entries.size === 0;
  }

  /** Posts that wait, and the characters of their lines. */
  get waitingPosts(): { readonly count: number; readonly chars: number } {
    return { count: this.#posts.size, chars: this.#posts.chars };
  }

  addPost(post: PendingPost): Promise<PostOutcome> {
    return this.#posts.add(post);
  }

  /** Resolves when all of them are held, or with what stopped them. */
  addEntries(origin: OriginId, entries: readonly Entry[]): Promise<EntryStop | undefined> {
    return this.#entries.add(origin, entries);
  }

  rejectAll(error: DredError): void {
    this.#posts.rejectAll(error);
    this.#entries.rejectAll(error);
  }

  /** Posts that must be decided anew again and again stay for the next turn. */
  async commitPosts(): Promise<void> {
    /** What the index has of messages that the store lost: they are appended again. */
    const lost = new Map<string, string>();
    for (let round = 0; round < ROUNDS_MAX && this.#posts.size > 0; round++) {
      if (!this.#parts.isSound()) return;
      const { origin, hash } = this.#context;
      const context = { origin, nowMs: this.#context.stampNowMs(), sha256: hash.sha256 };
      const fresh = planPosts(this.#logs.log, this.#posts.waiting(), context);
      const plan = expectKnown(fresh, this.#logs.log, lost);
      const reply = await this.#commit(plan);
      if (reply.status === "known" && this.#parts.isSound()) {
        this.#settleKnown(reply.values, lost);
      }
      if (reply.status !== "done") continue;
      const positions = plan.entries.map(({ ts, seq }) => ({ origin: plan.origin, ts, seq }));
      this.#posts.settleCreated(positions);
      return;
    }
  }

  #settleKnown(values: ReadonlyMap<string, string>, lost: Map<string, string>): void {
    for (const [digest, value] of values) {
      const held = value === "" ? [] : findHeld(this.#logs.log, digest, value);
      if (held.length === 0) lost.set(digest, value);
      else this.#posts.settleKnown(digest, held);
    }
  }

  /** Of one origin; the next turn takes those of the next. */
  async commitEntries(): Promise<void> {
    const next = this.#entries.next();
    if (next === undefined || !this.#parts.isSound()) return;
    const { origin, entries } = next;
    if (this.#logs.damaged.get(origin)?.isWritable === false) {
      return this.#entries.settle(origin, 0, "damaged");
    }
    const nowMs = this.#context.stampNowMs();
    const context = { origin, nowMs, sha256: this.#context.hash.sha256 };
    const { commit, taken, stop } = planEntries(this.#logs.log, entries, context);
    if (commit !== undefined) {
      if (!(await this.#logs.makeRoom(origin))) return this.#entries.settle(origin, 0, "damaged");
      if (!(await this.#commitReplicated(commit))) return;
    }
    this.#context.counts.known += taken - (commit?.entries.length ?? 0);
    this.#entries.settle(origin, taken, stop);
  }

  /** Appends, noting twins the store knows of; false when the store has other heads. */
  async #commitReplicated(plan: CommitPlan): Promise<boolean> {
    let attempt = plan;
    for (let round = 0; round < ROUNDS_MAX; round++) {
      const reply = await this.#commit(attempt);
      if (reply.status === "done") return true;
      if (reply.status === "mismatch") return false;
      attempt = expectKnown(attempt, this.#logs.log, reply.values);
    }
    throw new DredError("store-unavailable", `the ocid index of ${this.#logs.key} keeps changing`);
  }

  async #commit(plan: CommitPlan): Promise<CommitReply> {
    if (this.#parts.isClosed()) throw channelGone();
    const before = chainedHead(this.#logs.log, plan.origin);
    const reply = await this.#logs.commit(plan);
    if (this.#parts.isClosed()) throw channelGone();
    if (reply.status === "mismatch") this.#parts.mismatched();
    if (reply.status === "done") this.#parts.committed(plan.origin, before, plan.entries);
    return reply;
  }
}
