import { serverOf, toOriginId } from "@dred/protocol";
import type { ChannelKey, Entry, Frame, LogHead, OriginId } from "@dred/protocol";
import { FakePeer } from "./FakePeer.ts";
import { MADE_UP } from "./forgedEntries.ts";
import { lies } from "./lies.ts";
import type { Lie } from "./lies.ts";
import { pick } from "./seededRandom.ts";
import { isMortal } from "./SimChannel.ts";
import { SECRET } from "./SimServer.ts";
import type { World } from "./World.ts";

export const LIAR = "liar";
/** It says to have so many entries more of each origin than were ever written. */
const BOAST = 1_000;
const ENTRIES_MIN = 3;
const TRUTH_SHARE = 0.3;

/**
 * A member that knows all logs, says to have more of each than anybody, and lies about most of
 * them. It forges nothing that could not be known to be wrong: an entry of another's log on a
 * right chain, which no server but the origin's could tell from a true one.
 */
export class Liar {
  readonly #world: World;
  readonly #peer: FakePeer;

  constructor(world: World) {
    this.#world = world;
    const { network, clock } = world;
    const origins = [...world.ledger.origins.values()].flatMap((each) => [...each]);
    const boast = { count: BOAST, digest: "f".repeat(16) };
    const have = new Map(origins.map((origin) => [origin, boast]));
    const onFrame = (frame: Frame): void => this.#answer(frame);
    this.#peer = new FakePeer({ network, clock, secret: SECRET }, { name: LIAR, have, onFrame });
  }

  end(): void {
    this.#peer.end();
  }

  #answer(frame: Frame): void {
    if (frame.type === "heads-request") this.#listHeads(frame.origin);
    if (frame.type !== "pull" && frame.type !== "fetch") return;
    for (const log of frame.logs) this.#serve(frame.origin, log);
  }

  #listHeads(origin: OriginId): void {
    const heads = [...this.#world.ledger.origins].flatMap(([key, origins]): LogHead[] => {
      if (!origins.has(origin)) return [];
      const last = this.#entriesAfter(key, origin, Number.POSITIVE_INFINITY).at(-1);
      return last === undefined ? [] : [[key, { ts: last.ts, seq: last.seq }, last.chain]];
    });
    heads.sort(([a], [b]) => (a < b ? -1 : 1));
    this.#peer.send({ type: "heads", origin, heads, next: undefined });
  }

  #serve(origin: OriginId, [channel, after, chain]: LogHead): void {
    const { random, ledger, clock, trace } = this.#world;
    const known = ledger.entriesAfter(channel, origin, after.seq);
    if (random() < TRUTH_SHARE) {
      return this.#peer.send({ type: "entries", channel, origin, entries: known.slice(0, 100) });
    }
    const { dialler } = this.#peer;
    if (dialler === undefined) return;
    const lie = pick(random, this.#liesAbout(channel));
    const entries = this.#entriesAfter(channel, origin, after.seq);
    const own = toOriginId(dialler.serverId, dialler.epoch);
    trace.note(`${LIAR} ${lie.name}: ${channel} of ${origin} to ${serverOf(own)}`);
    const nowMs = clock.now();
    lie.tell(this.#peer, { channel, origin, after, chain, entries, own, nowMs });
  }

  /** Of what dies anyway a gap is plausible (replication.md 12.5): nobody could refuse it. */
  #liesAbout(key: ChannelKey): readonly Lie[] {
    const channel = this.#world.ledger.channelOf(key);
    const mayDie = channel === undefined || isMortal(channel);
    return mayDie ? lies.filter(({ reason }) => reason !== "gap") : lies;
  }

  /** The true entries, followed by some that never were, on a wrong chain. */
  #entriesAfter(key: ChannelKey, origin: OriginId, seq: number): Entry[] {
    const { ledger, clock } = this.#world;
    const entries = ledger.entriesAfter(key, origin, seq).slice(0, 100);
    const last = entries.at(-1) ?? ledger.headsOf(key).get(origin);
    let { ts = 0, seq: lastSeq = 0 } = last ?? {};
    ts = Math.max(ts, Math.floor(clock.now() * 1000));
    while (entries.length < ENTRIES_MIN) {
      const line = JSON.stringify({ type: "note", msg: MADE_UP, ocid: MADE_UP });
      entries.push({ ts: ++ts, seq: ++lastSeq, line, chain: "f".repeat(32) });
    }
    return entries;
  }
}
