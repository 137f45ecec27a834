import type { ChannelKey, Frame, Head, OriginId, OriginSummary } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import type { LogComparison } from "./LogComparison.ts";

type HeadsFrame = Extract<Frame, { type: "heads" }>;

/** What must be reached of one origin: heads of logs in which the peer was ahead of us. */
interface OriginGoal {
  /** Until all heads were listed once, nobody can say what is missing. */
  isListed: boolean;
  /** Our digest when the peer last said what it has. */
  digestBefore: string;
  readonly heads: Map<ChannelKey, Head>;
}

export interface JoinGoalParts {
  readonly table: ChannelTable;
  readonly comparison: LogComparison;
  /** Whether a log can come from this peer: its channel lives, and nothing has parked it. */
  isToBeHad(channel: ChannelKey, origin: OriginId): boolean;
}

/**
 * What a peer had when we linked to it, log by log, as far as we lack it (14.13). Sums over
 * logs would not do: entries that arrive live in one log would hide others that are missing.
 * What the peer gives up meanwhile is no goal any more, so its heads are listed again while
 * nothing moves. It keeps no more heads than the peer has logs.
 */
export class JoinGoal {
  readonly #parts: JoinGoalParts;
  readonly #origins = new Map<OriginId, OriginGoal>();

  constructor(parts: JoinGoalParts) {
    this.#parts = parts;
  }

  /** The first word of the peer on what it has; of our own origin it has nothing for us. */
  begin(have: ReadonlyMap<OriginId, OriginSummary>, own: OriginId): void {
    for (const [origin, { count }] of have) {
      if (count === 0 || origin === own) continue;
      this.#origins.set(origin, { isListed: false, digestBefore: "", heads: new Map() });
    }
  }

  /** A later word: drops what is reached or given up, and asks for heads while nothing moves. */
  compare(have: ReadonlyMap<OriginId, OriginSummary>): void {
    for (const [origin, goal] of this.#origins) {
      const { digest } = this.#parts.table.summaryOf(origin);
      const theirs = have.get(origin);
      const isGivenUp = theirs === undefined || theirs.count === 0;
      if (isGivenUp || theirs.digest === digest || this.#isOriginReached(origin, goal)) {
        this.#origins.delete(origin);
      } else if (!goal.isListed || goal.digestBefore === digest) {
        this.#parts.comparison.list(origin);
      }
      goal.digestBefore = digest;
    }
  }

  /** Takes a page of heads, which begins at `from`. */
  note({ origin, heads, next }: HeadsFrame, from: ChannelKey | undefined): void {
    const goal = this.#origins.get(origin);
    if (goal === undefined) return;
    const listed = new Map(heads.map(([key, head]) => [key, head]));
    const isInPage = (key: ChannelKey): boolean =>
      (from === undefined || key >= from) && (next === undefined || key < next);
    if (goal.isListed) lower(goal.heads, listed, isInPage);
    else for (const [key, head] of listed) goal.heads.set(key, head);
    if (next === undefined) goal.isListed = true;
  }

  /** Whether all is here that the peer had. */
  isReached(): boolean {
    for (const [origin, goal] of this.#origins) {
      if (!this.#isOriginReached(origin, goal)) return false;
    }
    return true;
  }

  /** How many entries are missing; infinitely many while that is not known. */
  entriesMissing(): number {
    let missing = 0;
    for (const [origin, goal] of this.#origins) {
      if (!goal.isListed) return Number.POSITIVE_INFINITY;
      for (const [key, head] of goal.heads) missing += this.#missingOf(key, origin, head);
    }
    return missing;
  }

  #isOriginReached(origin: OriginId, { isListed, heads }: OriginGoal): boolean {
    if (!isListed) return false;
    for (const [key, head] of heads) if (this.#missingOf(key, origin, head) > 0) return false;
    return true;
  }

  #missingOf(key: ChannelKey, origin: OriginId, { ts, seq }: Head): number {
    const ours = this.#parts.comparison.headOf(key, origin);
    if (ours.ts >= ts || !this.#parts.isToBeHad(key, origin)) return 0;
    return Math.max(1, seq - ours.seq);
  }
}

/** Follows what the peer has less of than when it was listed first. */
function lower(
  heads: Map<ChannelKey, Head>,
  listed: ReadonlyMap<ChannelKey, Head>,
  isInPage: (key: ChannelKey) => boolean,
): void {
  for (const [key, head] of heads) {
    if (!isInPage(key)) continue;
    const now = listed.get(key);
    if (now === undefined) heads.delete(key);
    else if (now.ts < head.ts) heads.set(key, now);
  }
}
