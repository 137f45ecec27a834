import { carriedVector, deadRanges, isDead } from "@dred/core";
import type { DeadRange, LifeRules } from "@dred/core";
import { coversAll, headOf } from "@dred/protocol";
import type { ChannelOptions, Head, OriginId, VersionVector } from "@dred/protocol";
import type { ReplicaContext } from "./ReplicaContext.ts";

/** Time alone makes more die; it is looked at so often at most. */
const LOOK_MS = 100;

const FOREVER: LifeRules = {
  messageLifetimeMs: Number.POSITIVE_INFINITY,
  maxMessages: Number.POSITIVE_INFINITY,
};

/** What is dead of one channel, by its options, what operators gave up, and the heads here (R5). */
export class ChannelLife {
  readonly #context: ReplicaContext;
  readonly #heads: () => VersionVector;
  #rules: LifeRules = FOREVER;
  #looked: { readonly atMs: number; readonly ranges: Map<OriginId, DeadRange> } | undefined;

  constructor(context: ReplicaContext, heads: () => VersionVector) {
    this.#context = context;
    this.#heads = heads;
  }

  get rules(): LifeRules {
    return this.#rules;
  }

  configure({ messageLifetime, maxMessages }: ChannelOptions): void {
    this.#rules = {
      ...this.#rules,
      messageLifetimeMs: messageLifetime ?? Number.POSITIVE_INFINITY,
      maxMessages: maxMessages ?? Number.POSITIVE_INFINITY,
    };
    this.#looked = undefined;
  }

  /** Everything of these logs through a ts is dead. */
  cut(cuts: ReadonlyMap<OriginId, number>): void {
    this.#rules = { ...this.#rules, cuts };
    this.#looked = undefined;
  }

  /** To be called whenever a head moved. */
  headMoved(): void {
    this.#looked = undefined;
  }

  /** What is dead in each log now. */
  deadRanges(): ReadonlyMap<OriginId, DeadRange> {
    const nowMs = this.#context.clock.steady();
    if (this.#looked === undefined || nowMs - this.#looked.atMs >= LOOK_MS) {
      this.#looked = { atMs: nowMs, ranges: this.#rangesOf(this.#heads()) };
    }
    return this.#looked.ranges;
  }

  /**
   * The same for a reader who has seen more than is held here: what it knows to lie beyond
   * `maxMessages` is dead for it, too.
   */
  deadRangesFor(seen: VersionVector): ReadonlyMap<OriginId, DeadRange> {
    const heads = this.#heads();
    const isLimited = this.#rules.maxMessages !== Number.POSITIVE_INFINITY;
    if (!isLimited || coversAll(heads, seen)) return this.deadRanges();
    const known = new Map<OriginId, Head>(heads);
    for (const [origin, head] of seen) {
      if (head.ts > headOf(heads, origin).ts) known.set(origin, head);
    }
    return this.#rangesOf(known);
  }

  /** Whether a position is dead, also one of a log of which less is held here. */
  isDead(origin: OriginId, position: Head): boolean {
    const heads = new Map<OriginId, Head>(this.#heads());
    if (headOf(heads, origin).ts < position.ts) heads.set(origin, position);
    const range = this.#rangesOf(heads).get(origin);
    return range !== undefined && isDead(range, position);
  }

  /** What a cursor names of a vector: epochs that are over are left out. */
  carried(vector: VersionVector): VersionVector {
    const nowMs = this.#context.stampNowMs();
    return carriedVector(vector, { rules: this.#rules, heads: this.#heads(), nowMs });
  }

  #rangesOf(heads: VersionVector): Map<OriginId, DeadRange> {
    return deadRanges(this.#rules, heads, this.#context.stampNowMs());
  }
}
