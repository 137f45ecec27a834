import { DredError, headOf, isLeftOut, parseCursor, parseHead, parseMid } from "@dred/protocol";
import type { GapReason, Head, OriginId, Position } from "@dred/protocol";
import type { LineSink, Listening, Replica } from "@dred/server";
import type { SimChannel } from "./SimChannel.ts";

/** A message as a reader got it. */
export interface ReceivedMessage extends Position {
  readonly mid: string;
  readonly ocid: string;
  readonly content: string;
  /** How many `deleted` lines came before it. */
  readonly deletions: number;
  /** Of which generation the reader took it to be, by the last cursor that it was told. */
  readonly generation: number | undefined;
  /** How often the reader had begun to listen by then. */
  readonly visit: number;
  /** When it came, in true time. */
  readonly atMs: number;
  /** The heads of the server that gave it, then; only in a channel with maxMessages. */
  readonly heads: ReadonlyMap<OriginId, Head> | undefined;
}

/** A `gap` line as a reader got it. */
export interface ReceivedGap {
  readonly origin: OriginId;
  readonly through: Head;
  readonly reason: GapReason;
  readonly deletions: number;
  readonly atMs: number;
}

/** Where a reader can listen: a simulated server, while its process runs. */
export interface Serving {
  readonly replica: Replica | undefined;
}

/**
 * A reader of one channel that goes on from its own cursor, on whichever server, and writes
 * down what it gets. It reads raw lines: what a client library would hide is seen here.
 */
export class SimReader {
  readonly name: string;
  readonly channel: SimChannel;
  readonly received: ReceivedMessage[] = [];
  readonly gaps: ReceivedGap[] = [];
  readonly #now: () => number;
  readonly #vector = new Map<OriginId, Head>();
  /** Known from the first cursor on, which comes before the first message. */
  #generation: number | undefined;
  #listening: Listening | undefined;
  #server: Serving | undefined;
  #replica: Replica | undefined;
  #deletions = 0;
  #visits = 0;
  #isBehind = false;
  #drain: () => void = () => undefined;
  #hangUp: () => void = () => undefined;

  constructor(name: string, channel: SimChannel, now: () => number) {
    this.name = name;
    this.channel = channel;
    this.#now = now;
  }

  get server(): Serving | undefined {
    return this.#server;
  }

  get isListening(): boolean {
    return this.#listening !== undefined && this.#server?.replica === this.#replica;
  }

  /** Whether the server it is on has heard less of deletions than the reader. */
  isAhead(): boolean {
    const known = this.#replica?.channel(this.channel.name)?.generation ?? 0;
    return this.#generation !== undefined && this.#generation > known;
  }

  /** Whether the server it is on has shown it all that this server holds and it may want. */
  isThrough(): boolean {
    if (this.isListening && this.isAhead()) return true;
    const held = this.#replica?.channel(this.channel.name)?.vector;
    const cursor = this.#listening?.cursors().get(this.channel.name);
    if (held === undefined || cursor === undefined || !this.isListening) return false;
    const { vector } = parseCursor(cursor);
    return [...held].every(
      ([origin, { ts }]) => headOf(vector, origin).ts >= ts || isLeftOut(vector, origin),
    );
  }

  /** Leaves the server it is on, if any, and listens on another from where it stands. */
  moveTo(server: Serving): void {
    this.leave();
    const { replica } = server;
    if (replica === undefined) return;
    this.#server = server;
    this.#replica = replica;
    this.#visits++;
    const sink = this.#sink();
    const vector = new Map(this.#vector);
    const generation = this.#generation;
    const since =
      generation === undefined
        ? ({ kind: "vector", vector } as const)
        : ({ kind: "vector", vector, generation } as const);
    try {
      this.#listening = replica.listen([{ channel: this.channel.name, since }], sink);
    } catch (error) {
      if (!(error instanceof DredError)) throw error; // it is ending: the reader tries another
    }
  }

  leave(): void {
    this.#hangUp();
    this.#listening?.close();
    this.#listening = undefined;
  }

  /** Stops taking lines for now, as a slow network does. */
  pause(): void {
    this.#isBehind = true;
  }

  resume(): void {
    if (!this.#isBehind) return;
    this.#isBehind = false;
    this.#drain();
  }

  #sink(): LineSink {
    let isOpen = true;
    this.#hangUp = () => (isOpen = false);
    this.#drain = () => undefined;
    return {
      write: (line) => {
        if (isOpen) this.#take(line);
        return !this.#isBehind;
      },
      onDrain: (listener) => (this.#drain = listener),
      end: () => {
        if (isOpen) this.#listening = undefined;
        isOpen = false;
      },
    };
  }

  #take(line: string): void {
    const value = JSON.parse(line) as Record<string, string>;
    if (value["mid"] === undefined) return this.#control(value);
    const place = parseMid(value["mid"]);
    this.#advance(place.origin, place);
    const { mid, ocid = "", msg = "" } = value;
    const isLimited = this.channel.options.maxMessages !== undefined;
    const heads = isLimited ? this.#replica?.channel(this.channel.name)?.vector : undefined;
    this.received.push({
      ...place,
      mid,
      ocid,
      content: msg,
      deletions: this.#deletions,
      generation: this.#generation,
      visit: this.#visits,
      atMs: this.#now(),
      heads: heads && new Map(heads),
    });
  }

  #control(line: Record<string, string>): void {
    const { origin = "", through = "", reason = "", cursor } = line;
    if (line["type"] === "gap") {
      const gap = {
        origin: origin as OriginId,
        through: parseHead(through),
        reason: reason as GapReason,
      };
      this.gaps.push({ ...gap, deletions: this.#deletions, atMs: this.#now() });
      this.#advance(gap.origin, gap.through);
    }
    const isPlace = line["type"] === "reading" || line["type"] === "listening";
    if (isPlace && cursor !== undefined) this.#rebase(cursor);
    if (line["type"] === "deleted" && cursor !== undefined) this.#restart(cursor);
  }

  #advance(origin: OriginId, { ts, seq }: Head): void {
    if (ts > headOf(this.#vector, origin).ts) this.#vector.set(origin, { ts, seq });
  }

  /** As the client library takes over what the server says at `reading` and `listening`. */
  #rebase(text: string): void {
    const { generation, vector } = parseCursor(text);
    if (this.#generation !== undefined && generation < this.#generation) return;
    if (this.#generation !== generation) this.#vector.clear();
    this.#generation = generation;
    for (const origin of this.#vector.keys()) {
      if (isLeftOut(vector, origin)) this.#vector.delete(origin);
    }
    for (const [origin, head] of vector) this.#advance(origin, head);
  }

  #restart(cursor: string): void {
    this.#rebase(cursor);
    this.#deletions++;
  }
}
