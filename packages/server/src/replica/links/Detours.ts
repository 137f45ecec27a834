import { epochOf, serverOf } from "@dred/protocol";
import type { OriginId, ServerId } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import type { ParkedLog, ParkedLogs } from "./ParkedLogs.ts";
import type { PullingLink } from "./PullingLink.ts";
import type { SourceTable } from "./SourceTable.ts";

export interface DetoursParts {
  readonly table: ChannelTable;
  readonly parked: ParkedLogs;
  readonly sources: SourceTable;
  readonly links: ReadonlyMap<ServerId, PullingLink>;
}

/**
 * Logs that their origin's source cannot give in order: while they are parked there, another
 * peer is asked for them, one at a time and one after the other, while the rest of the origin
 * goes on from its source.
 */
export class Detours {
  readonly #parts: DetoursParts;
  #turn = 0;

  constructor(parts: DetoursParts) {
    this.#parts = parts;
  }

  /** Asks for each log that is parked at its source, unless it is on its way already. */
  look(): void {
    this.#turn++;
    const { parked, sources } = this.#parts;
    for (const log of parked.now()) {
      if (sources.sourceOf(log.origin) === log.from) this.#askAnother(log);
    }
  }

  /** The parked logs of an origin that nobody can give us for now, each once (R12). */
  unavailable(origin: OriginId): ParkedLog[] {
    const logs = new Map<string, ParkedLog>();
    for (const log of this.#parts.parked.of(origin)) {
      if (!logs.has(log.channel) && !this.#isOffered(log)) logs.set(log.channel, log);
    }
    return [...logs.values()];
  }

  #askAnother({ channel, origin }: ParkedLog): void {
    const { links, parked } = this.#parts;
    const others = [...links.values()].filter(
      ({ hello, have }) =>
        have?.has(origin) === true && !parked.isParked(channel, origin, hello.serverId),
    );
    const isGiven = others.some((link) => link.isUnderWay(channel, origin));
    if (!isGiven) others[this.#turn % others.length]?.fetch(channel, origin);
  }

  /** By a peer that shows more than we hold, or by the origin's own server. */
  #isOffered({ channel, origin }: ParkedLog): boolean {
    const { links, parked, table } = this.#parts;
    const held = table.summaryOf(origin).count;
    for (const [peer, { hello, have }] of links) {
      const theirs = have?.get(origin);
      if (theirs === undefined || parked.isRefused(channel, origin, peer)) continue;
      const isAuthor = peer === serverOf(origin) && hello.epoch === epochOf(origin);
      if (isAuthor || theirs.count > held) return true;
    }
    return false;
  }
}
