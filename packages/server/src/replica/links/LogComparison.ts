import { CHAIN_START, isChainKnown } from "@dred/core";
import type { ChainedHead } from "@dred/core";
import { limits } from "@dred/protocol";
import type { ChannelKey, Frame, LogHead, OriginId, OriginSummary } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import type { FrameLine } from "./FrameLine.ts";
import type { StoringLogs } from "./StoringLogs.ts";

type HeadsFrame = Extract<Frame, { type: "heads" }>;

/** The same log is not asked for again within this time, unless its head moved. */
const REPEAT_MS = 2_000;
/** A hole at the same head for so many times: this peer cannot give what follows. */
const HOLES_MAX = 3;
/** Logs remembered; one that was forgotten may be asked for once too often. */
const ASKED_MAX = 10_000;
/** Of 1,000 logs each. */
const PAGES_MAX = 1_000;

/** A list of heads that was asked for and has not ended: where its next page begins. */
interface Listing {
  readonly from: ChannelKey | undefined;
  readonly pages: number;
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
  /** What has come, from any peer, and waits for our store. */
  readonly storing: StoringLogs;
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
  /** Of the origins that are followed, our digest when the peer last said what it has. */
  readonly #digests = new Map<OriginId, string>();
  readonly #listings = new Map<OriginId, Listing>();
  /** Logs asked for, and from where and when, so that nothing is sent twice (R9). */
  readonly #asked = new Map<string, Asked>();

  constructor(context: ReplicaContext, parts: LogComparisonParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /**
   * Follows an origin from now on: what is posted there is pushed. Of the logs that moved last it
   * comes from our heads on: what was posted while the source changed would be a hole in them
   * until the peer was asked for it. Other differences are looked for at once.
   */
  begin(origin: OriginId, theirs: OriginSummary | undefined): void {
    const { table } = this.#parts;
    const moved = table.movedLast(origin, limits.FRAME_LOGS_MAX);
    this.#send(
      "pull",
      origin,
      moved.filter((channel) => this.#parts.isWanted(channel, origin)),
    );
    this.#digests.set(origin, this.#parts.table.summaryOf(origin).digest);
    this.compare(origin, theirs);
  }

  end(origin: OriginId): void {
    this.#digests.delete(origin);
    for (const [log, asked] of this.#asked) if (asked.origin === origin) this.#asked.delete(log);
  }

  /** Asks for heads when something differs and did not move since the last look. */
  compare(origin: OriginId, theirs: OriginSummary | undefined): void {
    const digestBefore = this.#digests.get(origin);
    if (digestBefore === undefined || theirs === undefined) return;
    const ours = this.#parts.table.summaryOf(origin);
    const isStill = digestBefore === ours.digest;
    this.#digests.set(origin, ours.digest);
    if (ours.digest !== theirs.digest && isStill && ours.count <= theirs.count) this.list(origin);
  }

  /** Asks for all heads of an origin, unless that is under way. */
  list(origin: OriginId): void {
    if (!this.#listings.has(origin)) this.#listFrom(origin, { from: undefined, pages: 0 });
  }

  /**
   * Asks for the heads that follow these. Undefined for heads that nobody asked for; else where
   * this page begins.
   */
  accept(frame: HeadsFrame): { readonly from: ChannelKey | undefined } | undefined {
    const { origin, next } = frame;
    const listing = this.#listings.get(origin);
    if (listing === undefined) return undefined;
    this.#listings.delete(origin);
    if (!isSorted(frame, listing.from)) {
      this.#parts.line.fail("its heads are not sorted by channel");
      return undefined;
    }
    if (next === undefined) return listing;
    const pages = listing.pages + 1;
    if (pages >= PAGES_MAX) {
      this.#parts.line.fail(`it lists more than ${PAGES_MAX} pages of heads`);
      return undefined;
    }
    this.#listFrom(origin, { from: next, pages });
    return listing;
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

  /** Whether the log was asked for, or something of it came, in the last two seconds. */
  isUnderWay(channel: ChannelKey, origin: OriginId): boolean {
    if (this.#parts.storing.isStoring(origin, channel)) return true; // however slow our store is (R9)
    const asked = this.#asked.get(`${channel} ${origin}`);
    if (asked === undefined) return false;
    return this.#context.clock.steady() - Math.max(asked.atMs, asked.movedMs) < REPEAT_MS;
  }

  /** Something of the log was stored. */
  moved(channel: ChannelKey, origin: OriginId): void {
    const asked = this.#asked.get(`${channel} ${origin}`);
    if (asked !== undefined) asked.movedMs = this.#context.clock.steady();
  }

  /** What came does not continue our head. False when asking again has not helped. */
  pullAfterHole(channel: ChannelKey, origin: OriginId): boolean {
    const log = `${channel} ${origin}`;
    const asked = this.#asked.get(log);
    const isSame = asked?.seq === this.headOf(channel, origin).seq;
    // This first: a peer that answers at once does so within the time in which we do not repeat.
    if (isSame && asked.holes >= HOLES_MAX) {
      this.#asked.delete(log);
      return false;
    }
    if (isSame && this.#context.clock.steady() - asked.atMs < REPEAT_MS) return true;
    this.#ask("pull", origin, [channel]);
    return true;
  }

  headOf(key: ChannelKey, origin: OriginId): ChainedHead {
    return this.#parts.table.find(key)?.content.heads.get(origin) ?? CHAIN_START;
  }

  #listFrom(origin: OriginId, listing: Listing): void {
    this.#listings.set(origin, listing);
    this.#parts.line.send({ type: "heads-request", origin, from: listing.from });
  }

  #lags(origin: OriginId, [key, head, chain]: LogHead): boolean {
    if (!this.#parts.isWanted(key, origin) || this.isUnderWay(key, origin)) return false;
    const ours = this.headOf(key, origin);
    const theirs = { ...head, chain };
    const isOther = head.seq === ours.seq ? isOtherChain(theirs, ours) : head.seq < ours.seq;
    const isFork = isOther && head.ts >= ours.ts; // ts rises with seq
    if (isFork) this.#parts.forked(key, origin);
    return !isFork && head.ts > ours.ts;
  }

  #ask(type: "pull" | "fetch", origin: OriginId, channels: readonly ChannelKey[]): void {
    if (channels.length > 0) this.#send(type, origin, channels);
  }

  #send(type: "pull" | "fetch", origin: OriginId, channels: readonly ChannelKey[]): void {
    const logs = channels.map((channel): LogHead => {
      const stored = this.headOf(channel, origin);
      this.#noteAsked(channel, origin, stored.seq);
      const { ts, seq, chain } = this.#parts.storing.through(channel, origin, stored);
      return [channel, { ts, seq }, chain];
    });
    this.#parts.line.send({ type, origin, logs });
  }

  #noteAsked(channel: ChannelKey, origin: OriginId, seq: number): void {
    const log = `${channel} ${origin}`;
    const before = this.#asked.get(log);
    const holes = before?.seq === seq ? before.holes + 1 : 0;
    if (this.#asked.size >= ASKED_MAX) this.#asked.clear();
    const atMs = this.#context.clock.steady();
    this.#asked.set(log, { origin, seq, atMs, movedMs: 0, holes });
  }
}

function isOtherChain(theirs: ChainedHead, ours: ChainedHead): boolean {
  return isChainKnown(theirs) && isChainKnown(ours) && theirs.chain !== ours.chain;
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
