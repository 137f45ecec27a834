import type { StopReason } from "@dred/core";
import { DredError } from "@dred/protocol";
import type { ChannelKey, EntriesFrame, GapFrame, Head, OriginId, ServerId } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import { delay } from "../delay.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import type { FrameLine } from "./FrameLine.ts";
import type { GapJudge } from "./GapJudge.ts";
import type { LogComparison } from "./LogComparison.ts";
import type { ParkedLogs } from "./ParkedLogs.ts";
import type { StoringLogs } from "./StoringLogs.ts";

const STORE_RETRY_MS = 500;
/** While the store answers in these ways it may take the same entries later. */
const PASSING = new Set([
  "store-unavailable",
  "store-full",
  "store-damaged", // which log that is, and what it still holds, is known once it was read anew
  "outcome-unknown",
  "overloaded",
]);

/** With these the channel, or the replica, has ended. */
const OVER = new Set(["channel-not-found", "store-fenced"]);

type StoredFrame = EntriesFrame | GapFrame;

export interface EntryIntakeParts {
  readonly peer: ServerId;
  readonly line: FrameLine;
  readonly table: ChannelTable;
  readonly parked: ParkedLogs;
  readonly gaps: GapJudge;
  readonly comparison: LogComparison;
  readonly storing: StoringLogs;
  /** Whether this log is to be taken from this peer (still). */
  isExpected(channel: ChannelKey, origin: OriginId): boolean;
}

/**
 * Stores what a peer sends of the logs that we pull from it. Credit for the bytes is given
 * back only when they are stored or dropped. While our store takes nothing they are kept, and
 * offered to it again: so a slow or full store slows the peer instead of filling memory, and
 * nothing is sent twice (R9, R10).
 */
export class EntryIntake {
  readonly #context: ReplicaContext;
  readonly #parts: EntryIntakeParts;
  #storingChars = 0;
  /** While our store takes nothing, until it is asked again; all frames wait for it in order. */
  #pause: Promise<void> | undefined;
  /** Why our store took nothing, as the log was told, until it takes something. */
  #toldCode: string | undefined;

  constructor(context: ReplicaContext, parts: EntryIntakeParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** What has come and is not stored yet: the credit that is not given back (R10). */
  get storingChars(): number {
    return this.#storingChars;
  }

  /** Stores what came; whether it brings more of its log, as far as can be seen at once. */
  take(frame: StoredFrame): boolean {
    const { comparison, line, storing } = this.#parts;
    const bytes = line.receivedChars;
    const stored = comparison.headOf(frame.channel, frame.origin);
    const bringsMore = storing.begin(frame, stored);
    this.#storingChars += bytes;
    this.#store(frame)
      .catch(() => undefined) // the replica ended while it waited
      .finally(() => {
        if (bringsMore) storing.end(frame);
        this.#storingChars -= bytes;
        this.giveCredit(bytes);
      });
    return bringsMore;
  }

  giveCredit(bytes: number): void {
    this.#parts.line.send({ type: "credit", bytes });
  }

  /** The peer's copy of a log does not go on. */
  park(channel: ChannelKey, origin: OriginId, reason: string, through?: Head): void {
    const { peer: from, line, parked } = this.#parts;
    line.send({ type: "stop", origin, channel });
    const gap = through === undefined ? {} : { through };
    const isNews = parked.park({ channel, origin, from, reason, ...gap });
    if (isNews) this.#context.log.error("a log was parked", { channel, origin, reason, from });
  }

  async #store(frame: StoredFrame): Promise<void> {
    const { channel, origin } = frame;
    for (;;) {
      await this.#pause;
      if (this.#parts.line.isClosed || !this.#parts.isExpected(channel, origin)) return;
      try {
        await (frame.type === "gap" ? this.#skip(frame) : this.#append(frame));
        this.#toldCode = undefined;
        return;
      } catch (error) {
        if (!isPassing(error)) return this.#refuse(frame, error);
        this.#pause ??= this.#waitForStore(error);
      }
    }
  }

  async #append(frame: EntriesFrame): Promise<void> {
    const { channel, origin, entries } = frame;
    const before = this.#parts.comparison.headOf(channel, origin);
    const stop = await this.#parts.table.get(channel).replicate(origin, entries);
    if (stop === "damaged") return this.#parkForAll(channel, origin, stop);
    // Whatever came before it may have parked the log: what is worth nothing does not end that.
    if (!this.#parts.isExpected(channel, origin)) return;
    if (stop !== undefined) return this.#stopped(channel, origin, stop);
    const { seq } = this.#parts.comparison.headOf(channel, origin);
    if (seq > before.seq) this.#goesOn(channel, origin);
    const fields = { channel, origin, entries: entries.length, from: this.#parts.peer };
    this.#context.log.flow("replicated", fields);
    if (frame.isCutShort === true) this.park(channel, origin, "undecodable");
  }

  async #skip(frame: GapFrame): Promise<void> {
    const { channel, origin, after, through, chain, reason } = frame;
    if (!this.#parts.gaps.mayAccept(frame)) {
      const fields = { channel, origin, reason, from: this.#parts.peer };
      this.#context.log.error("a gap was not accepted", fields);
      return this.park(channel, origin, "gap", through);
    }
    await this.#parts.table.get(channel).skip(origin, after, { ...through, chain });
    this.#parts.parked.noteGap(origin);
    this.#goesOn(channel, origin);
  }

  #goesOn(channel: ChannelKey, origin: OriginId): void {
    this.#parts.parked.release(channel, origin, this.#parts.peer);
    this.#parts.comparison.moved(channel, origin);
  }

  #stopped(channel: ChannelKey, origin: OriginId, stop: StopReason): void {
    const isAskedAgain = stop === "hole" && this.#parts.comparison.pullAfterHole(channel, origin);
    if (!isAskedAgain) this.park(channel, origin, stop);
  }

  /** Neither passing nor the peer's fault. */
  #refuse({ channel, origin }: StoredFrame, error: unknown): void {
    if (this.#context.signal.aborted) return;
    if (error instanceof DredError && OVER.has(error.code)) return;
    this.#parkForAll(channel, origin, error instanceof DredError ? error.code : "internal", error);
  }

  /** Whichever peer sends it, our own store cannot take this log. */
  #parkForAll(channel: ChannelKey, origin: OriginId, reason: string, error?: unknown): void {
    const isNews = this.#parts.parked.parkForAll(channel, origin, reason);
    this.#parts.line.send({ type: "stop", origin, channel });
    if (isNews) this.#context.log.error("a log was parked", { channel, origin, reason, error });
  }

  async #waitForStore({ code, detail }: DredError): Promise<void> {
    const fields = { from: this.#parts.peer, code, detail };
    if (code !== this.#toldCode) this.#context.log.warn("replication waits for our store", fields);
    this.#toldCode = code;
    await delay(this.#context.clock, STORE_RETRY_MS, this.#context.signal);
    this.#pause = undefined;
  }
}

function isPassing(error: unknown): error is DredError {
  return error instanceof DredError && PASSING.has(error.code);
}
