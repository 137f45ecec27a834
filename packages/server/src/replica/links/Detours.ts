import { epochOf, serverOf } from "@dred/protocol";
import type { HelloFrame, OriginId, ServerId } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import type { Clock } from "../ports/Clock.ts";
import type { ParkedLog, ParkedLogs } from "./ParkedLogs.ts";
import type { PullingLink } from "./PullingLink.ts";
import type { SourceTable } from "./SourceTable.ts";

/** A peer that was linked for so long has said what it has, each second anew, and was asked for it. */
const HEARD_MS = 3_000;
/** Logs for which it is remembered who was asked last; of more, all begin anew. */
const ASKED_MAX = 10_000;

export interface DetoursParts {
  readonly clock: Clock;
  readonly table: ChannelTable;
  readonly parked: ParkedLogs;
  readonly sources: SourceTable;
  readonly links: ReadonlyMap<ServerId, PullingLink>;
  /** The peers that dialled us. */
  readonly serving: ReadonlyMap<ServerId, unknown>;
}

/**
 * Logs that their origin's source cannot give in order: while they are parked there, another
 * peer is asked for them, one at a time and one after the other, while the rest of the origin
 * goes on from its source.
 */
export class Detours {
  readonly #parts: DetoursParts;
  /** Who was asked last for each log that was parked. */
  readonly #asked = new Map<string, ServerId>();

  constructor(parts: DetoursParts) {
    this.#parts = parts;
  }

  /** Asks for each log that is parked at its source, unless it is on its way already. */
  look(): void {
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

  /**
   * Whether a linked peer may hold what our store lost of a log: one that has hardly been
   * heard, the origin's own server, or one that has other than we and did not fail to give it.
   */
  mayBeHeld({ channel, origin }: Pick<ParkedLog, "channel" | "origin">): boolean {
    const { clock, links, serving, parked, table } = this.#parts;
    if ([...serving.keys()].some((peer) => !links.has(peer))) return true;
    const lacking = new Set<ServerId>();
    for (const log of parked.of(origin)) if (log.channel === channel) lacking.add(log.from);
    const { digest } = table.summaryOf(origin);
    return [...links].some(([peer, { hello, have, sinceMs }]) => {
      if (have === undefined || clock.now() - sinceMs < HEARD_MS) return true;
      const theirs = have.get(origin);
      if (theirs === undefined || lacking.has(peer)) return false;
      return isAuthor(hello, origin) || theirs.digest !== digest;
    });
  }

  /** Asks the peer that follows the one asked last. */
  #askAnother({ channel, origin }: ParkedLog): void {
    const { links, parked } = this.#parts;
    const others = [...links.values()].filter(
      ({ hello, have }) =>
        have?.has(origin) === true && !parked.isParked(channel, origin, hello.serverId),
    );
    if (others.some((link) => link.isUnderWay(channel, origin))) return;
    const log = `${channel} ${origin}`;
    const last = this.#asked.get(log) ?? "";
    others.sort((one, other) => (one.hello.serverId < other.hello.serverId ? -1 : 1));
    const next = others.find(({ hello }) => hello.serverId > last) ?? others[0];
    if (next === undefined) return;
    if (this.#asked.size >= ASKED_MAX) this.#asked.clear();
    this.#asked.set(log, next.hello.serverId);
    next.fetch(channel, origin);
  }

  /** By a peer that shows more than we hold, or by the origin's own server. */
  #isOffered({ channel, origin }: ParkedLog): boolean {
    const { links, parked, table } = this.#parts;
    const held = table.summaryOf(origin).count;
    for (const [peer, { hello, have }] of links) {
      const theirs = have?.get(origin);
      if (theirs === undefined || parked.isRefused(channel, origin, peer)) continue;
      if (isAuthor(hello, origin) || theirs.count > held) return true;
    }
    return false;
  }
}

/** Whether a peer writes the origin's logs now. */
function isAuthor({ serverId, epoch }: HelloFrame, origin: OriginId): boolean {
  return serverId === serverOf(origin) && epoch === epochOf(origin);
}
