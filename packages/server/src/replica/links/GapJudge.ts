import { deadRanges, isDead, isFromFuture } from "@dred/core";
import { serverOf } from "@dred/protocol";
import type { GapFrame, Head, OriginId, ServerId } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";

/** Decides which gaps of one peer are believed: what they skip is never asked for again. */
export class GapJudge {
  readonly #nowMs: () => number;
  readonly #table: ChannelTable;
  readonly #peer: ServerId;

  constructor(nowMs: () => number, table: ChannelTable, peer: ServerId) {
    this.#nowMs = nowMs;
    this.#table = table;
    this.#peer = peer;
  }

  /** From the origin itself, or dead by our own reckoning (R5); else nobody's word counts. */
  mayAccept({ channel, origin, through, head }: GapFrame): boolean {
    if (isFromFuture(through.ts, this.#nowMs())) return false; // all would be stamped after it
    if (serverOf(origin) === this.#peer) return true;
    const { life, content } = this.#table.get(channel);
    const heads = new Map<OriginId, Head>(content.heads);
    heads.set(origin, head);
    const range = deadRanges(life.rules, heads, this.#nowMs()).get(origin);
    return range !== undefined && isDead(range, through);
  }
}
