import { headOf, limits } from "@dred/protocol";
import { isDead, causeOfDeath } from "@dred/core";
import type { ChannelKey, Entry, Frame, Head, HelloFrame, LogHead, OriginId } from "@dred/protocol";
import type { RegistryRecord } from "@dred/protocol";
import type { ChannelReplica } from "../ChannelReplica.ts";
import type { ChannelTable } from "../ChannelTable.ts";
import type { Registry } from "../registry/Registry.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import type { FrameLine } from "./FrameLine.ts";
import { HeldWaits } from "./HeldWaits.ts";

/*
 * The serving end of a link: what a peer that dialled us gets. The peer names origins; for
 * those, every append here is pushed in the tick in which it is known, and each log that
 * the peer is behind in is read from the store in pages, the logs in turn. One table says
 * which logs are behind and from where: a log is either in it (then pushes wait, the pages
 * will reach them) or live. Credit for bytes is given by the peer; a push without credit
 * puts its log into the table, so nothing is queued here (R10).
 */

/** A log the peer is behind in, and through where it was served. */
interface BehindLog {
  readonly channel: ChannelKey;
  readonly origin: OriginId;
  after: Head;
}

const STORE_RETRY_MS = 500;
export interface ServingLinkParts {
  readonly hello: HelloFrame;
  readonly line: FrameLine;
  readonly table: ChannelTable;
  readonly registry: Registry;
}

export class ServingLink {
  readonly hello: HelloFrame;
  readonly #context: ReplicaContext;
  readonly #line: FrameLine;
  readonly #table: ChannelTable;
  readonly #registry: Registry;
  readonly #followed = new Set<OriginId>();
  readonly #behind = new Map<string, BehindLog>();
  readonly #held: HeldWaits;
  readonly #acks = new Map<number, () => void>();
  readonly #cancels: (() => void)[] = [];
  #cancelRetry: () => void = () => undefined;
  #credit = limits.LINK_CREDIT_BYTES;
  #isReading = false;
  #lastRef = 0;

  constructor(context: ReplicaContext, parts: ServingLinkParts) {
    this.#context = context;
    this.hello = parts.hello;
    this.#line = parts.line;
    this.#table = parts.table;
    this.#registry = parts.registry;
    this.#held = new HeldWaits(context, parts.table, (answer) => this.#line.send(answer));
  }

  start(): void {
    this.#line.onFrame((frame) => this.#receive(frame));
    const stop = this.#table.listen({
      appended: (channel, origin, before, entries) => {
        this.#push(channel, origin, before, entries);
        this.#held.look();
      },
      advanced: () => undefined,
    });
    this.#cancels.push(stop);
    this.#sendHave();
  }

  /** Sends registry records; resolves when the peer has stored them, or the link is gone. */
  tell(records: readonly RegistryRecord[]): Promise<void> {
    return new Promise((resolve) => {
      if (this.#line.isClosed) return resolve();
      const ref = ++this.#lastRef;
      this.#acks.set(ref, resolve);
      this.#line.send({ type: "registry", ref, records });
      this.#sendHave(); // so that the peer sees at once whether ours and its own are equal now
    });
  }

  close(): void {
    for (const cancel of this.#cancels.splice(0)) cancel();
    this.#cancelRetry();
    this.#held.close();
    for (const acknowledge of this.#acks.values()) acknowledge();
    this.#acks.clear();
    this.#followed.clear();
    this.#behind.clear();
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case "pull":
        return this.#follow(frame.origin, frame.logs);
      case "stop":
        return this.#stop(frame.origin);
      case "heads-request":
        return this.#sendHeads(frame.origin, frame.from);
      case "credit":
        this.#credit = Math.min(this.#credit + frame.bytes, limits.LINK_CREDIT_BYTES);
        return this.#readBehind();
      case "held-request":
        return this.#held.add(frame);
      case "registry-request":
        return this.#sendRegistry(frame.buckets);
      case "registry-ack":
        this.#acks.get(frame.ref)?.();
        this.#acks.delete(frame.ref);
        return;
      case "ping":
        this.#sendHave();
        this.#line.send({ type: "pong", sent: frame.sent, clock: this.#context.clock.now() });
        return;
      default:
        this.#line.fail(`a serving link takes no ${frame.type}`);
    }
  }

  #follow(origin: OriginId, logs: readonly LogHead[]): void {
    this.#followed.add(origin);
    for (const [channel, head] of logs) this.#serveFrom(channel, origin, head);
  }

  #stop(origin: OriginId): void {
    this.#followed.delete(origin);
    for (const [key, log] of this.#behind) if (log.origin === origin) this.#behind.delete(key);
  }

  #sendHave(): void {
    const origins = this.#table.summaries();
    this.#line.send({ type: "have", origins, registry: this.#registry.digest() });
  }

  #sendHeads(origin: OriginId, from: ChannelKey | undefined): void {
    const all = this.#table.headsOf(origin, from);
    const next = all[limits.FRAME_LOGS_MAX]?.[0];
    this.#line.send({ type: "heads", origin, heads: all.slice(0, limits.FRAME_LOGS_MAX), next });
  }

  #sendRegistry(buckets: readonly string[]): void {
    const records = this.#registry.differences(buckets);
    for (let at = 0; at < records.length; at += limits.FRAME_RECORDS_MAX) {
      const page = records.slice(at, at + limits.FRAME_RECORDS_MAX);
      this.#line.send({ type: "registry", ref: 0, records: page });
    }
    this.#sendHave();
  }

  #push(channel: ChannelReplica, origin: OriginId, before: Head, entries: readonly Entry[]): void {
    const isLive = this.#followed.has(origin) && !this.#behind.has(logKey(channel.key, origin));
    if (!isLive) return;
    if (this.#credit > 0) this.#send({ type: "entries", channel: channel.key, origin, entries });
    else this.#serveFrom(channel.key, origin, before);
  }

  #send(frame: Frame): void {
    this.#credit -= this.#line.send(frame);
  }

  #serveFrom(channel: ChannelKey, origin: OriginId, after: Head): void {
    this.#behind.set(logKey(channel, origin), { channel, origin, after });
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
    while (this.#credit > 0 && !this.#line.isClosed) {
      const [key, log] = this.#behind.entries().next().value ?? [];
      if (key === undefined || log === undefined) return;
      try {
        await this.#servePage(key, log);
      } catch (error) {
        if (this.#context.signal.aborted || this.#line.isClosed) return;
        this.#context.log.warn("a peer waits for our store", { peer: this.hello.serverId, error });
        if (this.#behind.get(key) === log) this.#toEnd(key, log); // others do not wait for it
        return this.#retryLater();
      }
    }
  }

  #toEnd(key: string, log: BehindLog): void {
    this.#behind.delete(key);
    this.#behind.set(key, log);
  }

  #retryLater(): void {
    this.#cancelRetry();
    this.#cancelRetry = this.#context.clock.after(STORE_RETRY_MS, () => this.#readBehind());
  }

  async #servePage(key: string, log: BehindLog): Promise<void> {
    const channel = this.#table.find(log.channel);
    if (channel === undefined) return void this.#behind.delete(key);
    await channel.open();
    this.#passBase(channel, log);
    const { BATCH_ENTRIES_MAX: entriesMax, BATCH_CHARS_MAX: charsMax } = limits;
    const beforeTs = Number.POSITIVE_INFINITY;
    const range = { origin: log.origin, afterTs: log.after.ts, beforeTs, order: "asc" } as const;
    const entries = await channel.range({ ...range, entriesMax, charsMax });
    if (this.#behind.get(key) !== log) return; // the peer asked anew, or stopped
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
    const range = channel.deadRanges().get(log.origin);
    const reason = range !== undefined && isDead(range, base) ? causeOfDeath(range, base) : "life";
    const through = { ts: base.ts, seq: base.seq };
    const { channel: key, origin, after } = log;
    this.#send({ type: "gap", channel: key, origin, after, through, chain: base.chain, reason });
    log.after = through;
  }
}

function logKey(channel: ChannelKey, origin: OriginId): string {
  return `${channel} ${origin}`;
}
