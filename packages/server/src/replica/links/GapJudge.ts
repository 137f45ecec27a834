import { deadRanges, isDead, isFromFuture } from "@dred/core";
import { headOf, serverOf } from "@dred/protocol";
import type { GapFrame, Head, LogHead, OriginId, ServerId } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";

/** Heads remembered; one that was forgotten is told again with the next comparison. */
const TOLD_MAX = 10_000;

/** Decides which gaps of one peer are believed: what they skip is never asked for again. */
export class GapJudge {
  readonly #nowMs: () => number;
  readonly #table: ChannelTable;
  readonly #peer: ServerId;
  /** Heads that the peer told of: what `maxMessages` is reckoned from. */
  readonly #told = new Map<string, Head>();

  constructor(nowMs: () => number, table: ChannelTable, peer: ServerId) {
    this.#nowMs = nowMs;
    this.#table = table;
    this.#peer = peer;
  }

  /** The peer told of heads of an origin's logs. */
  note(origin: OriginId, heads: readonly LogHead[]): void {
    for (const [channel, head] of heads) {
      if (this.#table.find(channel)?.options.maxMessages === undefined) continue;
      if (this.#told.size >= TOLD_MAX) this.#told.clear();
      this.#told.set(`${channel} ${origin}`, head);
    }
  }

  /** From the origin itself, or dead by our own reckoning (R5); else nobody's word counts. */
  mayAccept({ channel, origin, through }: GapFrame): boolean {
    if (isFromFuture(through.ts, this.#nowMs())) return false; // all would be stamped after it
    if (serverOf(origin) === this.#peer) return true;
    const { life, content } = this.#table.get(channel);
    const heads = new Map<OriginId, Head>(content.heads);
    heads.set(origin, this.#told.get(`${channel} ${origin}`) ?? headOf(heads, origin));
    const range = deadRanges(life.rules, heads, this.#nowMs()).get(origin);
    return range !== undefined && isDead(range, through);
  }
}
