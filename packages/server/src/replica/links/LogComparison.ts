import { CHAIN_START } from "@dred/core";
import type { ChainedHead } from "@dred/core";
import type { ChannelKey, Frame, LogHead, OriginId, OriginSummary } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import type { FrameLine } from "./FrameLine.ts";

type HeadsFrame = Extract<Frame, { type: "heads" }>;

/** The same log is not asked for again within this time, unless its head moved. */
const REPEAT_MS = 2_000;
/** A hole at the same head for so many times: this peer cannot give what follows. */
const HOLES_MAX = 3;
/** Logs remembered; one that was forgotten may be asked for once too often. */
const ASKED_MAX = 10_000;
/** Of 1,000 logs each. */
const PAGES_MAX = 1_000;

interface Compared {
  /** Our digest when the peer last said what it has. */
  digestBefore: string;
  /** The list of heads that was asked for and has not ended. */
  listing: { from: ChannelKey | undefined; pages: number } | undefined;
}

interface Asked {
  readonly origin: OriginId;
  readonly seq: number;
  readonly atMs: number;
  /** When something of the log was stored last. */
  movedMs: number;
  readonly holes: number;
}

export interface LogComparisonParts {
  readonly line: FrameLine;
  readonly table: ChannelTable;
  /** Whether a log that lags is to be pulled here. */
  isWanted(channel: ChannelKey, origin: OriginId): boolean;
  /** The peer's log and ours have the same length and another content. */
  forked(channel: ChannelKey, origin: OriginId): void;
}

/**
 * Finds what we lack of a peer's logs. Whether anything is missing is never remembered, it is
 * compared (a peer may have lost what it once had): each second the peer says how much of
 * every origin it has; where that differs from ours and nothing moved since the last time,
 * the heads of that origin's logs are asked for, and each log that lags is pulled from our
 * head on.
 */
export class LogComparison {
  readonly #context: ReplicaContext;
  readonly #parts: LogComparisonParts;
  readonly #compared = new Map<OriginId, Compared>();
  /** Logs asked for, and from where and when, so that nothing is sent twice (R9). */
  readonly #asked = new Map<string, Asked>();

  constructor(context: ReplicaContext, parts: LogComparisonParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** An origin is followed from now on: differences are looked for at once. */
  begin(origin: OriginId, theirs: OriginSummary | undefined): void {
    const { digest } = this.#parts.table.summaryOf(origin);
    this.#compared.set(origin, { digestBefore: digest, listing: undefined });
    this.compare(origin, theirs);
  }

  end(origin: OriginId): void {
    this.#compared.delete(origin);
    for (const [log, asked] of this.#asked) if (asked.origin === origin) this.#asked.delete(log);
  }

  /** Asks for heads when something differs and did not move since the last look. */
  compare(origin: OriginId, theirs: OriginSummary | undefined): void {
    const compared = this.#compared.get(origin);
    if (compared === undefined || theirs === undefined) return;
    const ours = this.#parts.table.summaryOf(origin);
    const isStill = compared.digestBefore === ours.digest;
    compared.digestBefore = ours.digest;
    if (ours.digest !== theirs.digest && isStill && ours.count <= theirs.count) this.list(origin);
  }

  /** Asks for all heads of an origin, unless that is under way. */
  list(origin: OriginId): void {
    const compared = this.#compared.get(origin) ?? { digestBefore: "", listing: undefined };
    if (compared.listing !== undefined) return;
    compared.listing = { from: undefined, pages: 0 };
    this.#compared.set(origin, compared);
    this.#parts.line.send({ type: "heads-request", origin, from: undefined });
  }

  /** Whether these are heads that were asked for; asks for those that follow. */
  accept(frame: HeadsFrame): boolean {
    const { origin, next } = frame;
    const compared = this.#compared.get(origin);
    const listing = compared?.listing;
    if (compared === undefined || listing === undefined) return false;
    compared.listing = undefined;
    if (!isSorted(frame, listing.from)) {
      this.#parts.line.fail("its heads are not sorted by channel");
      return false;
    }
    if (next === undefined) return true;
    if (listing.pages + 1 >= PAGES_MAX) {
      this.#parts.line.fail(`it lists more than ${PAGES_MAX} pages of heads`);
      return false;
    }
    compared.listing = { from: next, pages: listing.pages + 1 };
    this.#parts.line.send({ type: "heads-request", origin, from: next });
    return true;
  }

  /** Pulls what lags behind these heads, unless it is on its way. */
  pullLagging(origin: OriginId, heads: readonly LogHead[]): void {
    const logs = heads.filter((log) => this.#lags(origin, log)).map(([key]) => key);
    this.#ask("pull", origin, logs);
  }

  /** Asks for what follows our head of one log, once, without following its origin. */
  fetch(channel: ChannelKey, origin: OriginId): void {
    if (!this.isUnderWay(channel, origin)) this.#ask("fetch", origin, [channel]);
  }

  /** Whether the log was asked for, or something of it stored, in the last two seconds. */
  isUnderWay(channel: ChannelKey, origin: OriginId): boolean {
    const asked = this.#asked.get(`${channel} ${origin}`);
    if (asked === undefined) return false;
    return this.#context.clock.now() - Math.max(asked.atMs, asked.movedMs) < REPEAT_MS;
  }

  /** Something of the log was stored. */
  moved(channel: ChannelKey, origin: OriginId): void {
    const asked = this.#asked.get(`${channel} ${origin}`);
    if (asked !== undefined) asked.movedMs = this.#context.clock.now();
  }

  /** What came does not continue our head. False when asking again has not helped. */
  pullAfterHole(channel: ChannelKey, origin: OriginId): boolean {
    const log = `${channel} ${origin}`;
    const asked = this.#asked.get(log);
    const isSame = asked?.seq === this.headOf(channel, origin).seq;
    if (isSame && this.#context.clock.now() - asked.atMs < REPEAT_MS) return true;
    if (isSame && asked.holes >= HOLES_MAX) {
      this.#asked.delete(log);
      return false;
    }
    this.#ask("pull", origin, [channel]);
    return true;
  }

  headOf(key: ChannelKey, origin: OriginId): ChainedHead {
    return this.#parts.table.find(key)?.content.heads.get(origin) ?? CHAIN_START;
  }

  #lags(origin: OriginId, [key, head, chain]: LogHead): boolean {
    if (!this.#parts.isWanted(key, origin) || this.isUnderWay(key, origin)) return false;
    const ours = this.headOf(key, origin);
    const isOther = head.seq === ours.seq ? chain !== ours.chain : head.seq < ours.seq;
    const isFork = isOther && head.ts >= ours.ts; // ts rises with seq
    if (isFork) this.#parts.forked(key, origin);
    return !isFork && head.ts > ours.ts;
  }

  #ask(type: "pull" | "fetch", origin: OriginId, channels: readonly ChannelKey[]): void {
    if (channels.length === 0) return;
    const logs = channels.map((channel): LogHead => {
      const { ts, seq, chain } = this.headOf(channel, origin);
      this.#noteAsked(channel, origin, seq);
      return [channel, { ts, seq }, chain];
    });
    this.#parts.line.send({ type, origin, logs });
  }

  #noteAsked(channel: ChannelKey, origin: OriginId, seq: number): void {
    const log = `${channel} ${origin}`;
    const before = this.#asked.get(log);
    const holes = before?.seq === seq ? before.holes + 1 : 0;
    if (this.#asked.size >= ASKED_MAX) this.#asked.clear();
    const atMs = this.#context.clock.now();
    this.#asked.set(log, { origin, seq, atMs, movedMs: 0, holes });
  }
}

/** Each channel once, from where it was asked; what is to be asked next lies behind all. */
function isSorted({ heads, next }: HeadsFrame, from: ChannelKey | undefined): boolean {
  let last: ChannelKey | undefined;
  for (const [key] of heads) {
    if (last === undefined ? from !== undefined && key < from : key <= last) return false;
    last = key;
  }
  return next === undefined || (last !== undefined && next > last);
}
