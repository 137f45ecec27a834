import { decideDelivery } from "@dred/core";
import type { PlacedEntry } from "@dred/core";
import { DredError, headOf } from "@dred/protocol";
import type { Entry, Head, OriginId } from "@dred/protocol";
import type { ChannelReplica } from "../ChannelReplica.ts";
import { delay } from "../delay.ts";
import { readPage } from "../readPage.ts";
import type { ChannelPage } from "../readPage.ts";
import type { LineSink, ListenStart } from "../Replica.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import { ChannelReader } from "./ChannelReader.ts";

/*
 * One reader of one channel. It has two ways to get entries: live, as they are appended,
 * and by reading pages from the store, when it begins behind or became slow. Changing from
 * pages to live is where such systems lose messages: an entry appended between the last
 * page and the change belongs to neither. So entries that arrive while a page is read are
 * kept in a small buffer; when the page turns out to be the last, the buffer is delivered
 * after it in the same tick, duplicates skipped by the vector. When the buffer was too
 * small, another page is read. A slow reader keeps nothing here: it goes back to pages (R10).
 */

const BUFFER_ENTRIES_MAX = 1_000;
const STORE_RETRY_MS = 500;
/** How long a reader whose cursor is ahead of this server waits for it to catch up. */
const AHEAD_WAIT_MS_MAX = 3_000;
const AHEAD_LOOK_MS = 50;

export interface SubscriptionStart {
  readonly channel: ChannelReplica;
  readonly sink: LineSink;
  readonly since: ListenStart;
  /** Whether this origin may still grow; nobody waits for closed epochs. */
  isEpochOpen(origin: OriginId): boolean;
}

export class Subscription {
  readonly channel: ChannelReplica;
  readonly #context: ReplicaContext;
  readonly #reader: ChannelReader;
  readonly #start: SubscriptionStart;
  /** `paused`: the sink is full; what comes meanwhile will be read from the store. */
  #state: "new" | "reading" | "live" | "paused" | "ended" = "new";
  #buffer: PlacedEntry[] | undefined;
  #isAnnounced = false;
  /** One loop reads at a time; a reader that falls behind while it ends goes on in it. */
  #isLooping = false;

  constructor(context: ReplicaContext, start: SubscriptionStart) {
    this.#context = context;
    this.#start = start;
    this.channel = start.channel;
    this.#reader = new ChannelReader(context, start);
  }

  start(): void {
    if (this.#state === "new") this.#startReading();
  }

  cursor(): string {
    return this.#reader.cursor();
  }

  /** Entries were appended; called in the tick in which that became known. */
  appended(origin: OriginId, entries: readonly Entry[]): void {
    if (this.#state === "live") this.#deliver(origin, entries);
    else if (this.#state === "reading") this.#keep(origin, entries);
  }

  /** The channel was read anew from its store: what was missed may lie there. */
  advanced(): void {
    if (this.#state === "live" && !this.#reader.isCaughtUp()) this.#startReading();
  }

  /** The sink takes lines again. */
  drained(): void {
    if (this.#state === "paused") this.#startReading();
  }

  end(): void {
    this.#state = "ended";
    this.#buffer = undefined;
  }

  #deliver(origin: OriginId, entries: readonly Entry[]): void {
    const range = this.channel.life.deadRangesFor(this.#reader.vector).get(origin);
    for (const entry of entries) {
      const decision = decideDelivery(headOf(this.#reader.vector, origin), entry);
      if (decision === "behind") return this.#startReading();
      if (decision === "deliver" && !this.#reader.show({ origin, entry }, range)) {
        this.#state = "paused";
        return;
      }
    }
    this.#reader.flushGap();
  }

  #keep(origin: OriginId, entries: readonly Entry[]): void {
    if (this.#buffer === undefined) return;
    if (this.#buffer.length + entries.length > BUFFER_ENTRIES_MAX) this.#buffer = undefined;
    else for (const entry of entries) this.#buffer.push({ origin, entry });
  }

  #startReading(): void {
    this.#state = "reading";
    this.#buffer = [];
    if (!this.#isLooping) void this.#read();
  }

  async #read(): Promise<void> {
    this.#isLooping = true;
    if (!this.#isAnnounced) await this.#waitUntilCovered();
    let isExamined = false;
    while (this.#state === "reading") {
      try {
        isExamined = (await this.#readOnce(isExamined)) === "examined";
      } catch (error) {
        isExamined = false;
        if (this.#context.signal.aborted || this.channel.isClosed) return; // it is ended, too
        const fields = { channel: this.channel.key, error };
        this.#context.log.warn("a listener waits for the store", fields);
        await delay(this.#context.clock, STORE_RETRY_MS, this.#context.signal).catch(
          () => undefined,
        );
      }
    }
    this.#isLooping = false; // in the tick in which the loop saw that it ends
  }

  /** Shows one page and, when it was the last, becomes live; has a log with a hole looked at. */
  async #readOnce(isExamined: boolean): Promise<"shown" | "examined"> {
    this.#buffer = [];
    const heads = new Map<OriginId, Head>(this.channel.content.heads); // later ones are on no page
    const page = await readPage(this.channel, this.#reader.vector);
    if (!this.#isIn("reading")) return "shown";
    this.#reader.passBases();
    if (!this.#reader.isHollow(page.entries, heads)) {
      this.#showPage(page);
    } else if (!isExamined) {
      // What a store lost is not gone: it comes back, and the reader with it (R7).
      await this.channel.examine();
      return "examined";
    } else if (page.entries.length > 0) {
      this.#showPage(page);
    } else {
      throw new DredError("store-unavailable", "the store has not what its heads say");
    }
    return "shown";
  }

  #showPage({ entries, isLast }: ChannelPage): void {
    const ranges = this.channel.life.deadRangesFor(this.#reader.vector);
    for (const placed of entries) {
      this.#reader.passHole(placed);
      if (!this.#reader.show(placed, ranges.get(placed.origin))) {
        this.#state = "paused";
        return;
      }
    }
    this.#reader.flushGap();
    if (isLast) this.#joinLive();
  }

  /** In the tick of the last page; stays with reading when the buffer was too small. */
  #joinLive(): void {
    const buffer = this.#buffer;
    if (buffer === undefined) return;
    this.#buffer = undefined;
    this.#state = "live";
    if (!this.#isAnnounced) this.#reader.announce(); // with a cursor below all that is new
    this.#isAnnounced = true;
    for (const { origin, entry } of buffer) {
      if (this.#isIn("live")) this.#deliver(origin, [entry]);
    }
    if (!this.#isIn("live")) return;
    if (!this.#reader.isCaughtUp()) this.#state = "reading";
    else this.#reader.flushGap();
  }

  #isIn(state: "live" | "reading"): boolean {
    return this.#state === state;
  }

  /** A cursor from a server that is ahead of us: what it covers is on its way. */
  async #waitUntilCovered(): Promise<void> {
    const until = this.#context.clock.steady() + AHEAD_WAIT_MS_MAX;
    while (this.#state === "reading" && this.#isAhead() && this.#context.clock.steady() < until) {
      const { clock, signal } = this.#context;
      await delay(clock, AHEAD_LOOK_MS, signal).catch(() => this.end());
    }
  }

  #isAhead(): boolean {
    for (const [origin, head] of this.#reader.vector) {
      const held = headOf(this.channel.content.heads, origin);
      if (held.ts < head.ts && this.#start.isEpochOpen(origin)) return true;
    }
    return false;
  }
}
