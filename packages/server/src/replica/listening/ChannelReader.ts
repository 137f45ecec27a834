import { causeOfDeath, isDead, isGone } from "@dred/core";
import type { DeadRange, PlacedEntry, TwinVerdict } from "@dred/core";
import {
  channelNameOf,
  formatControlLine,
  formatCursor,
  formatHead,
  generationOf,
  headOf,
  isCovered,
  isLeftOut,
  START,
  toMessageLine,
} from "@dred/protocol";
import type {
  ChannelName,
  GapReason,
  Head,
  OriginId,
  Position,
  VersionVector,
} from "@dred/protocol";
import type { ChannelReplica } from "../ChannelReplica.ts";
import type { LineSink, ListenStart } from "../Replica.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import { messageLine } from "./messageLine.ts";
import { judgeTwin } from "./twinFilter.ts";

/** Told gaps remembered of one reader, to know what it was shown before it died. */
const GAPS_MAX = 64;

interface Gap {
  readonly origin: OriginId;
  readonly after: Head;
  readonly through: Head;
  readonly reason: GapReason;
}

/**
 * Where one reader stands in one channel, and what it is shown of the entries that come:
 * a line for each living message that is no twin of one it has, a `gap` line for what is
 * dead or missing, so that nothing is passed over silently (R7).
 */
export class ChannelReader {
  readonly #context: ReplicaContext;
  readonly #channel: ChannelReplica;
  readonly #sink: LineSink;
  readonly #name: ChannelName;
  readonly #vector = new Map<OriginId, Head>();
  /** Told of everything from its first living message on: what died before is no gap. */
  readonly #isFromStart: boolean;
  /** Where it began: what lies below was shown elsewhere, or never. */
  readonly #beginning: VersionVector;
  /** The newest gaps, told or still growing, of all origins. */
  readonly #passed: Gap[] = [];
  #gap: Gap | undefined;
  /** Whether the reader has a cursor of this generation: the one it came with, or a line's. */
  #isAnchored: boolean;

  constructor(
    context: ReplicaContext,
    reader: {
      readonly channel: ChannelReplica;
      readonly sink: LineSink;
      readonly since: ListenStart;
    },
  ) {
    this.#context = context;
    this.#channel = reader.channel;
    this.#sink = reader.sink;
    this.#name = channelNameOf(reader.channel.key);
    this.#isFromStart = reader.since.kind !== "vector";
    this.#beginning = new Map(startVector(reader.channel, reader.since));
    for (const [origin, head] of this.#beginning) this.#advance(origin, head);
    const { since } = reader;
    const generation = since.kind === "vector" ? since.generation : undefined;
    this.#isAnchored = generation === generationOf(reader.channel.key);
  }

  get vector(): VersionVector {
    return this.#vector;
  }

  cursor(): string {
    return this.#toCursor(this.#vector);
  }

  /** Whether everything up to these heads was shown, which are those that are held now if not given. */
  isCaughtUp(heads: VersionVector = this.#channel.content.heads): boolean {
    for (const [origin, head] of heads) {
      if (headOf(this.#vector, origin).ts < head.ts) return false;
    }
    return true;
  }

  announce(): void {
    const line = { type: "listening", channel: this.#name, cursor: this.cursor() } as const;
    this.#isAnchored = true;
    this.#write(formatControlLine(line));
  }

  /** Shows one entry, the next of its log; false when the sink takes no more for now. */
  show(placed: PlacedEntry, range: DeadRange | undefined): boolean {
    const { origin, entry } = placed;
    const before = headOf(this.#vector, origin);
    if (entry.ts <= before.ts) return true;
    if (range !== undefined && isDead(range, entry)) {
      this.#passOver(origin, entry, causeOfDeath(range, entry));
      return true;
    }
    const verdict = this.#judge(placed);
    this.#advance(origin, entry);
    if (verdict === "hide") return true;
    this.flushGap();
    this.#anchor();
    this.#context.counts.delivered++;
    const isConflict = verdict === "conflict";
    return this.#write(isConflict ? toMessageLine(origin, entry, true) : messageLine(placed));
  }

  /** What was trimmed at or below the logs' bases is gone: says so and goes on above. */
  passBases(): void {
    const ranges = this.#channel.life.deadRanges();
    for (const [origin, base] of this.#channel.content.bases) {
      if (headOf(this.#vector, origin).ts >= base.ts) continue;
      const range = ranges.get(origin);
      this.#passOver(origin, base, range === undefined ? "life" : causeOfDeath(range, base));
    }
  }

  /**
   * Whether a page passes over what the store should have, or, being empty, all that it should.
   *
   * @param heads Those that were held when the page was asked for.
   */
  isHollow(page: readonly PlacedEntry[], heads: VersionVector): boolean {
    if (page.length === 0) return !this.isCaughtUp(heads);
    const through = new Map<OriginId, Head>();
    for (const { origin, entry } of page) {
      const before = through.get(origin) ?? headOf(this.#vector, origin);
      if (entry.ts <= before.ts) continue;
      if (entry.seq > before.seq + 1) return true;
      through.set(origin, entry);
    }
    return false;
  }

  /** Entries below this one that the store should have and has not. */
  passHole({ origin, entry }: PlacedEntry): void {
    const before = headOf(this.#vector, origin);
    if (entry.ts <= before.ts || entry.seq <= before.seq + 1) return;
    this.#passAbsent(origin, { ts: entry.ts - 1, seq: entry.seq - 1 });
  }

  /** Writes the gap that has been growing; call it whenever the reader comes to rest. */
  flushGap(): void {
    if (this.#gap === undefined) return;
    const { origin, reason, after, through } = this.#gap;
    const isKnown = this.#isKnown(this.#gap);
    this.#gap = undefined;
    if (isKnown) return;
    this.#anchor();
    const gap = { origin, after: formatHead(after), through: formatHead(through), reason };
    this.#write(formatControlLine({ type: "gap", channel: this.#name, ...gap }));
  }

  /** Nothing the reader is to be told of: it begins above, or has been through what is over. */
  #isKnown({ origin, after, through }: Gap): boolean {
    if (after.seq !== START.seq) return false;
    if (this.#isFromStart) return true;
    const isAll = headOf(this.#channel.content.heads, origin).ts <= through.ts;
    return isAll && isLeftOut(this.#beginning, origin);
  }

  /**
   * Before the first position that a reader gets: cut off before `listening`, it must be able to
   * tell a server that knows less of deletions of which generation its positions are (R6).
   */
  #anchor(): void {
    if (this.#isAnchored) return;
    this.#isAnchored = true;
    const cursor = this.#toCursor(this.#beginning);
    this.#write(formatControlLine({ type: "reading", channel: this.#name, cursor }));
  }

  #toCursor(vector: VersionVector): string {
    return formatCursor({
      neighborhood: this.#context.identity.neighborhood,
      channel: this.#name,
      generation: generationOf(this.#channel.key),
      vector: this.#channel.life.carried(vector),
    });
  }

  #judge(placed: PlacedEntry): TwinVerdict {
    const { heads, twins } = this.#channel.content;
    const held = { heads, ranges: this.#channel.life.deadRanges() };
    return judgeTwin(this.#context.hash.sha256, twins, placed, {
      isShown: (twin) =>
        isCovered(this.#vector, twin.origin, twin.ts) &&
        (!isGone(held, twin) || this.#wasShownHere(twin)),
      isGone: (twin) => isGone(held, twin),
    });
  }

  #wasShownHere({ origin, ts }: Position): boolean {
    if (isCovered(this.#beginning, origin, ts)) return false;
    return !this.#passed.some(
      (gap) => gap.origin === origin && gap.after.ts < ts && ts <= gap.through.ts,
    );
  }

  /** What died is no loss: its removal may be known to the store alone, so far. */
  #passAbsent(origin: OriginId, through: Head): void {
    const range = this.#channel.life.deadRangesFor(this.#vector).get(origin);
    const isDeath = range !== undefined && isDead(range, through);
    this.#passOver(origin, through, isDeath ? causeOfDeath(range, through) : "gone");
  }

  #passOver(origin: OriginId, through: Head, reason: GapReason): void {
    const after = headOf(this.#vector, origin);
    this.#advance(origin, through);
    const last = this.#gap;
    const isSame = last?.origin === origin && (last.reason === "gone") === (reason === "gone");
    // The newest of them decides why: a server that removed the older ones knows no more.
    const gap = { origin, after: isSame ? last.after : after, through, reason };
    if (isSame) this.#passed.pop();
    else this.flushGap();
    this.#passed.push(gap);
    if (this.#passed.length > GAPS_MAX) this.#passed.shift();
    this.#gap = gap;
  }

  #advance(origin: OriginId, { ts, seq }: Head): void {
    this.#vector.set(origin, { ts, seq });
  }

  #write(line: string): boolean {
    return this.#sink.write(line, this.#name);
  }
}

function startVector(channel: ChannelReplica, since: ListenStart): VersionVector {
  switch (since.kind) {
    case "now":
      return channel.content.heads;
    case "start":
      return new Map();
    case "vector":
      return since.vector;
  }
}
