import { causeOfDeath, isDead } from "@dred/core";
import { headOf, limits, START, utf8Length } from "@dred/protocol";
import type {
  ChannelKey,
  EntriesFrame,
  Entry,
  GapFrame,
  Head,
  LogHead,
  OriginId,
  ServerId,
} from "@dred/protocol";
import type { ChannelReplica } from "../ChannelReplica.ts";
import type { ChannelTable } from "../ChannelTable.ts";
import { isDamage } from "../isDamage.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import type { FrameLine } from "./FrameLine.ts";

/** A log the peer is behind in, and through where it was served. */
interface BehindLog {
  readonly channel: ChannelKey;
  readonly origin: OriginId;
  after: Head;
}

const STORE_RETRY_MS = 500;
/**
 * Entries in a page for a peer that is behind. Between pages others have their turn: the larger
 * they are, the longer posts here wait while a server joins, and the sooner it has joined; what
 * both come to is in docs/benchmarks.md.
 */
const PAGE_ENTRIES_MAX = 30;
/** In an `entries` frame: its first line; and of each entry ts, seq and chain hash. */
const HEADER_BYTES_MAX = 1_024;
const PLACE_BYTES_MAX = 67;
/** Logs that the peer cannot take and wants no more of; of more, all are sent again. */
const STOPPED_MAX = 10_000;

export interface ServedLogsParts {
  readonly peer: ServerId;
  readonly line: FrameLine;
  readonly table: ChannelTable;
}

/**
 * The entries that a peer gets. It names origins; of those, every append here is pushed in
 * the tick in which it is known, and each log that the peer is behind in is read from the
 * store in pages, the logs in turn. One table says which logs are behind and from where: a log
 * is either in it (then pushes wait, the pages will reach them) or live. Credit for bytes is
 * given by the peer; a push without credit puts its log into the table, so nothing is queued
 * here (R10).
 */
export class ServedLogs {
  readonly #context: ReplicaContext;
  readonly #parts: ServedLogsParts;
  readonly #followed = new Set<OriginId>();
  readonly #behind = new Map<string, BehindLog>();
  /** Logs of followed origins of which nothing is sent until they are pulled again. */
  readonly #stopped = new Set<string>();
  #cancelRetry: () => void = () => undefined;
  #credit = limits.LINK_CREDIT_BYTES;
  #isReading = false;

  constructor(context: ReplicaContext, parts: ServedLogsParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** Pushes this origin's entries from now on, and sends what follows these heads. */
  follow(origin: OriginId, logs: readonly LogHead[]): void {
    this.#followed.add(origin);
    if (this.#followed.size > limits.FRAME_ORIGINS_MAX) {
      return this.#parts.line.fail(`it follows more than ${limits.FRAME_ORIGINS_MAX} origins`);
    }
    for (const [channel] of logs) this.#stopped.delete(logKey(channel, origin));
    this.fetch(origin, logs);
  }

  /** Sends what follows these heads, once. */
  fetch(origin: OriginId, logs: readonly LogHead[]): void {
    for (const [channel, head] of logs) this.#serveFrom(channel, origin, head);
  }

  /** No more of this origin, or only of one of its logs. */
  stop(origin: OriginId, channel: ChannelKey | undefined): void {
    if (channel === undefined) return this.#stopAll(origin);
    const key = logKey(channel, origin);
    this.#behind.delete(key);
    if (this.#stopped.size >= STOPPED_MAX) this.#stopped.clear();
    this.#stopped.add(key);
  }

  /** The peer stored or dropped so much of what it got. */
  addCredit(bytes: number): void {
    this.#credit = Math.min(this.#credit + bytes, limits.LINK_CREDIT_BYTES);
    this.#readBehind();
  }

  /** Entries were appended here; `before` is the head they continue. */
  push(channel: ChannelReplica, origin: OriginId, before: Head, entries: readonly Entry[]): void {
    const log = logKey(channel.key, origin);
    const isLive = this.#followed.has(origin) && !this.#behind.has(log) && !this.#stopped.has(log);
    if (!isLive) return;
    const frame = { type: "entries", channel: channel.key, origin, entries } as const;
    if (this.#credit > 0 && fits(entries)) this.#send(frame);
    else this.#serveFrom(channel.key, origin, before);
  }

  close(): void {
    this.#cancelRetry();
    this.#followed.clear();
    this.#behind.clear();
    this.#stopped.clear();
  }

  #stopAll(origin: OriginId): void {
    this.#followed.delete(origin);
    for (const [key, log] of this.#behind) if (log.origin === origin) this.#behind.delete(key);
    for (const key of this.#stopped) if (key.endsWith(` ${origin}`)) this.#stopped.delete(key);
  }

  #send(frame: EntriesFrame | GapFrame): void {
    this.#credit -= this.#parts.line.send(frame);
  }

  /** Where nothing follows, nothing is read: what comes is pushed. */
  #serveFrom(channel: ChannelKey, origin: OriginId, after: Head): void {
    const key = logKey(channel, origin);
    const head = this.#parts.table.find(channel)?.content.heads.get(origin) ?? START;
    if (head.ts <= after.ts) return void this.#behind.delete(key);
    this.#behind.set(key, { channel, origin, after });
    this.#readBehind();
  }

  #readBehind(): void {
    if (this.#isReading || this.#credit <= 0 || this.#behind.size === 0) return;
    this.#isReading = true;
    void this.#readInTurn().finally(() => {
      this.#isReading = false;
    });
  }

  /** One page of each log behind, again and again, while there is credit. */
  async #readInTurn(): Promise<void> {
    while (this.#credit > 0 && !this.#parts.line.isClosed) {
      const [key, log] = this.#behind.entries().next().value ?? [];
      if (key === undefined || log === undefined) return;
      try {
        await this.#servePage(key, log);
      } catch (error) {
        if (this.#context.signal.aborted || this.#parts.line.isClosed) return;
        if (isDamage(error)) this.#cutShort(key, log, error);
        else return this.#retryLater(key, log, error);
      }
    }
  }

  /** We hold what follows and cannot send it: the peer asks another. */
  #cutShort(key: string, { channel, origin, after }: BehindLog, error: unknown): void {
    const { peer } = this.#parts;
    this.#context.log.error("an entry cannot be sent", { peer, channel, origin, after, error });
    this.#behind.delete(key);
    this.#send({ type: "entries", channel, origin, entries: [], isCutShort: true });
  }

  #retryLater(key: string, log: BehindLog, error: unknown): void {
    this.#context.log.warn("a peer waits for our store", { peer: this.#parts.peer, error });
    if (this.#behind.get(key) === log) {
      this.#behind.delete(key);
      this.#behind.set(key, log); // at the end: others do not wait for it
    }
    this.#cancelRetry();
    this.#cancelRetry = this.#context.clock.after(STORE_RETRY_MS, () => this.#readBehind());
  }

  async #servePage(key: string, log: BehindLog): Promise<void> {
    const channel = this.#parts.table.find(log.channel);
    if (channel === undefined) return void this.#behind.delete(key);
    await channel.open();
    this.#passBase(channel, log);
    const [entriesMax, charsMax] = [PAGE_ENTRIES_MAX, limits.BATCH_CHARS_MAX];
    const beforeTs = Number.POSITIVE_INFINITY;
    const range = { origin: log.origin, afterTs: log.after.ts, beforeTs, order: "asc" } as const;
    const page = await channel.range({ ...range, entriesMax, charsMax });
    if (this.#behind.get(key) !== log) return; // the peer asked anew, or stopped
    // The store's page ends with the entry that reaches its limit: one that exceeds it goes alone.
    const entries = page.length > 1 && charsOf(page) > charsMax ? page.slice(0, -1) : page;
    if (!fits(entries)) return this.#cutShort(key, log, "it is larger than a frame may be");
    this.#behind.delete(key);
    const last = entries.at(-1);
    if (last === undefined) return;
    this.#send({ type: "entries", channel: log.channel, origin: log.origin, entries });
    const isLive = last.ts >= headOf(channel.content.heads, log.origin).ts;
    if (!isLive) this.#behind.set(key, { ...log, after: last }); // at the end: in turn
  }

  /** What was trimmed cannot be sent: says which part, and that it is dead. */
  #passBase(channel: ChannelReplica, log: BehindLog): void {
    const base = channel.content.bases.get(log.origin);
    if (base === undefined || base.ts <= log.after.ts) return;
    const range = channel.life.deadRanges().get(log.origin);
    const reason = range !== undefined && isDead(range, base) ? causeOfDeath(range, base) : "life";
    const through = { ts: base.ts, seq: base.seq };
    const { channel: key, origin, after } = log;
    const { chain } = base;
    const { ts, seq } = headOf(channel.content.heads, origin);
    const head = { ts, seq };
    this.#send({ type: "gap", channel: key, origin, after, through, chain, head, reason });
    log.after = through;
  }
}

function charsOf(entries: readonly Entry[]): number {
  return entries.reduce((sum, { line }) => sum + line.length, 0);
}

/** Whether entries go into one frame, its header and their places and hashes included. */
function fits(entries: readonly Entry[]): boolean {
  let bytesMax = HEADER_BYTES_MAX;
  for (const { line } of entries) bytesMax += PLACE_BYTES_MAX + 3 * line.length;
  if (bytesMax <= limits.FRAME_BYTES_MAX) return true; // nearly always, and without a look at it
  let bytes = HEADER_BYTES_MAX;
  for (const { line } of entries) bytes += PLACE_BYTES_MAX + utf8Length(line);
  return bytes <= limits.FRAME_BYTES_MAX;
}

function logKey(channel: ChannelKey, origin: OriginId): string {
  return `${channel} ${origin}`;
}
