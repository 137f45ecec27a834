import { deadRanges, isDead } from "@dred/core";
import { headOf, serverOf } from "@dred/protocol";
import type { GapFrame, Head, LogHead, OriginId, ServerId } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import type { Clock } from "../ports/Clock.ts";

/** Heads remembered; one that was forgotten is told again with the next comparison. */
const TOLD_MAX = 10_000;

/** Decides which gaps of one peer are believed: what they skip is never asked for again. */
export class GapJudge {
  readonly #clock: Clock;
  readonly #table: ChannelTable;
  readonly #peer: ServerId;
  /** Heads that the peer told of: what `maxMessages` is reckoned from. */
  readonly #told = new Map<string, Head>();

  constructor(clock: Clock, table: ChannelTable, peer: ServerId) {
    this.#clock = clock;
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
    if (serverOf(origin) === this.#peer) return true;
    const { options, content } = this.#table.get(channel);
    const rules = {
      messageLifetimeMs: options.messageLifetime ?? Number.POSITIVE_INFINITY,
      maxMessages: options.maxMessages ?? Number.POSITIVE_INFINITY,
    };
    const heads = new Map<OriginId, Head>(content.heads);
    heads.set(origin, this.#told.get(`${channel} ${origin}`) ?? headOf(heads, origin));
    const range = deadRanges(rules, heads, this.#clock.now()).get(origin);
    return range !== undefined && isDead(range, through);
  }
}
