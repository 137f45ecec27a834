import { CHAIN_START, CLOCK_SKEW_MS_MAX } from "@dred/core";
import type { ChainedHead, StopReason } from "@dred/core";
import { channelNameOf, DredError } from "@dred/protocol";
import type {
  ChannelKey,
  EntriesFrame,
  Frame,
  GapFrame,
  HelloFrame,
  LogHead,
  OriginId,
  OriginSummary,
  Position,
} from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import { delay } from "../delay.ts";
import type { ChannelCatalog } from "../registry/ChannelCatalog.ts";
import type { Registry } from "../registry/Registry.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import type { FrameLine } from "./FrameLine.ts";
import { GapJudge } from "./GapJudge.ts";
import type { ParkedLogs } from "./ParkedLogs.ts";
import { RegistryPull } from "./RegistryPull.ts";

/*
 * The pulling end of a link: what we take from a peer that we dialled. It follows the
 * origins that it is told to; what the peer pushes of them is stored, and credit for the
 * bytes is given back only then, so a slow store slows the peer instead of filling memory.
 *
 * Whether anything is missing is never remembered, it is compared (a peer may have lost what
 * it once had): each second the peer says how much of every origin it has; where that
 * differs from ours and nothing moved since the last time, the heads of that origin's logs
 * are asked for, and each log that lags is pulled from our head on.
 */

const PARK_MS = 30_000;
const STORE_RETRY_MS = 500;
/** The same log is not asked for again from the same head within this time. */
const REPEAT_MS = 2_000;

interface Followed {
  /** Our digest when the peer last said what it has. */
  digestBefore: string;
  isArriving: boolean;
  isAsking: boolean;
}

export interface PullingLinkParts {
  readonly hello: HelloFrame;
  readonly clockOffsetMs: number;
  readonly line: FrameLine;
  readonly table: ChannelTable;
  readonly registry: Registry;
  readonly catalog: ChannelCatalog;
  readonly parked: ParkedLogs;
  /** The peer said what it has; the first time, it has become a source. */
  onHave(link: PullingLink): void;
}

export class PullingLink {
  readonly hello: HelloFrame;
  /** When the link was opened, ms since 1970. */
  readonly sinceMs: number;
  readonly #context: ReplicaContext;
  readonly #parts: PullingLinkParts;
  readonly #line: FrameLine;
  readonly #registry: RegistryPull;
  readonly #followed = new Map<OriginId, Followed>();
  /** Logs asked for, and from where and when, so that a hole is not asked for twice. */
  readonly #asked = new Map<string, { readonly seq: number; readonly atMs: number }>();
  readonly #gaps: GapJudge;
  readonly #heldRequests = new Map<number, (isHeld: boolean) => void>();
  #have: ReadonlyMap<OriginId, OriginSummary> | undefined;
  #joinCounts = new Map<OriginId, number>();
  #clockOffsetMs: number;
  #lastRef = 0;

  constructor(context: ReplicaContext, parts: PullingLinkParts) {
    this.#context = context;
    this.#parts = parts;
    this.hello = parts.hello;
    this.sinceMs = Math.floor(context.clock.now());
    this.#line = parts.line;
    this.#gaps = new GapJudge(() => context.stampNowMs(), parts.table, parts.hello.serverId);
    this.#registry = new RegistryPull(context, parts.registry, parts.line);
    this.#clockOffsetMs = parts.clockOffsetMs;
    this.#line.onFrame((frame) => this.#receive(frame));
    this.#line.onClosed(() => this.#closed());
  }

  /** What the peer says it has; undefined until it said so. */
  get have(): ReadonlyMap<OriginId, OriginSummary> | undefined {
    return this.#have;
  }

  get clockOffsetMs(): number {
    return this.#clockOffsetMs;
  }

  get lastHeardMs(): number {
    return this.#line.lastHeardMs;
  }

  /** Makes this peer the source of an origin. */
  follow(origin: OriginId): void {
    if (this.#followed.has(origin)) return;
    this.#followed.set(origin, { digestBefore: "", isArriving: false, isAsking: false });
    this.#line.send({ type: "pull", origin, logs: [] });
    this.#compare(origin, true);
  }

  stop(origin: OriginId): void {
    if (this.#followed.delete(origin)) this.#line.send({ type: "stop", origin });
  }

  /** Whether anything of the origin came since this was last asked. */
  takeArrived(origin: OriginId): boolean {
    const followed = this.#followed.get(origin);
    const isArriving = followed?.isArriving === true;
    if (followed !== undefined) followed.isArriving = false;
    return isArriving;
  }

  ping(): void {
    // Nothing is sent before the peer's first word: until then it may not listen yet.
    if (this.#have !== undefined)
      this.#line.send({ type: "ping", sent: this.#context.clock.now() });
  }

  /** Whether the peer holds a position, asked until it does or `waitMs` have passed. */
  held(channel: ChannelKey, position: Position, waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      if (this.#line.isClosed || this.#have === undefined) return resolve(false);
      const ref = ++this.#lastRef;
      this.#heldRequests.set(ref, resolve);
      const { origin, ts, seq } = position;
      this.#line.send({ type: "held-request", ref, channel, origin, head: { ts, seq }, waitMs });
    });
  }

  /** Entries that the peer had when we joined it and that we still lack. */
  entriesMissing(): number {
    if (!this.#registry.isSynced) return Number.POSITIVE_INFINITY;
    let missing = 0;
    for (const [origin, count] of this.#joinCounts) {
      const ours = this.#parts.table.summaryOf(origin);
      const isEqual = ours.digest === this.#have?.get(origin)?.digest;
      if (!isEqual && this.#parts.parked.of(origin).length === 0) {
        missing += Math.max(0, count - ours.count);
      }
    }
    return missing;
  }

  bye(reason: string, detail: string): void {
    this.#line.bye(reason, detail);
  }

  #closed(): void {
    for (const answer of this.#heldRequests.values()) answer(false);
    this.#heldRequests.clear();
    this.#followed.clear();
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case "have":
        return this.#takeHave(frame.origins, frame.registry);
      case "heads":
        return this.#takeHeads(frame);
      case "entries":
        return this.#takeEntries(frame);
      case "gap":
        return this.#takeGap(frame);
      case "held":
        this.#heldRequests.get(frame.ref)?.(frame.isHeld);
        this.#heldRequests.delete(frame.ref);
        return;
      case "pong":
        this.#clockOffsetMs = frame.clock - (frame.sent + this.#context.clock.now()) / 2;
        return;
      case "registry":
        return this.#registry.take(frame.ref, frame.records);
      default:
        this.#line.fail(`a pulling link takes no ${frame.type}`);
    }
  }

  #takeHave(origins: ReadonlyMap<OriginId, OriginSummary>, registry: string): void {
    const isFirst = this.#have === undefined;
    this.#have = origins;
    this.#registry.compare(registry);
    for (const [origin, { count }] of origins) {
      const before = isFirst ? count : this.#joinCounts.get(origin);
      if (before !== undefined) this.#joinCounts.set(origin, Math.min(before, count));
    }
    this.#parts.onHave(this);
    for (const origin of this.#followed.keys()) this.#compare(origin, false);
    this.#compareOwn();
  }

  /** Asks for heads when something differs and did not move since the last look. */
  #compare(origin: OriginId, isFirst: boolean): void {
    const followed = this.#followed.get(origin);
    const theirs = this.#have?.get(origin);
    if (followed === undefined || theirs === undefined) return;
    const ours = this.#parts.table.summaryOf(origin);
    const isEqual = ours.digest === theirs.digest;
    const isStill = isFirst || followed.digestBefore === ours.digest;
    followed.digestBefore = ours.digest;
    if (isEqual || !isStill || ours.count > theirs.count || followed.isAsking) return;
    followed.isAsking = true;
    this.#line.send({ type: "heads-request", origin, from: undefined });
    this.#context.clock.after(REPEAT_MS, () => (followed.isAsking = false));
  }

  /** A peer that shows more of our own epoch than we hold: our store forgot something (R2). */
  #compareOwn(): void {
    const { origin } = this.#context;
    const theirs = this.#have?.get(origin);
    if (theirs === undefined || theirs.count <= this.#parts.table.summaryOf(origin).count) return;
    this.#line.send({ type: "heads-request", origin, from: undefined });
  }

  #takeHeads(frame: Extract<Frame, { type: "heads" }>): void {
    const { origin, next } = frame;
    const wanted = frame.heads.filter(([key]) => this.#isWanted(key));
    if (origin === this.#context.origin) return this.#checkOwn(wanted);
    if (!this.#followed.has(origin)) return;
    const logs = wanted
      .filter((log) => this.#lags(origin, log))
      .map(([key]): LogHead => {
        const { ts, seq, chain } = this.#headOf(key, origin);
        return [key, { ts, seq }, chain];
      });
    this.#gaps.note(origin, frame.heads);
    if (logs.length > 0) this.#line.send({ type: "pull", origin, logs });
    if (next !== undefined) this.#line.send({ type: "heads-request", origin, from: next });
  }

  #checkOwn(heads: readonly LogHead[]): void {
    const { origin } = this.#context;
    const ahead = heads.find(([key, head]) => head.ts > this.#headOf(key, origin).ts);
    if (ahead === undefined) return;
    const detail = `peer ${this.hello.serverId} holds more of ${origin} in ${ahead[0]} than we do`;
    this.#context.fail({ reason: "fenced", detail });
  }

  #lags(origin: OriginId, [key, head, chain]: LogHead): boolean {
    if (this.#parts.parked.isParked(key, origin)) return false;
    const ours = this.#headOf(key, origin);
    if (head.seq === ours.seq && chain !== ours.chain) this.#stopped(key, origin, "fork");
    return head.ts > ours.ts;
  }

  #headOf(key: ChannelKey, origin: OriginId): ChainedHead {
    return this.#parts.table.find(key)?.content.heads.get(origin) ?? CHAIN_START;
  }

  #isWanted(key: ChannelKey): boolean {
    return this.#parts.catalog.isWanted(channelNameOf(key), key);
  }

  #takeEntries(frame: EntriesFrame): void {
    const { channel, origin, entries } = frame;
    const bytes = this.#line.receivedChars;
    if (origin === this.#context.origin)
      return this.#line.fail("it sent entries of our own origin");
    const followed = this.#followed.get(origin);
    if (followed === undefined || this.#isLeftAlone(channel, origin))
      return this.#giveCredit(bytes);
    followed.isArriving = true;
    this.#parts.table
      .get(channel)
      .replicate(origin, entries)
      .then(
        (stop) => this.#replicated(frame, stop),
        (error: unknown) => this.#waitForStore(error),
      )
      .finally(() => this.#giveCredit(bytes))
      .catch(() => undefined); // the replica ended while it waited
  }

  #isLeftAlone(channel: ChannelKey, origin: OriginId): boolean {
    return !this.#isWanted(channel) || this.#parts.parked.isParked(channel, origin);
  }

  #replicated({ channel, origin, entries }: EntriesFrame, stop: StopReason | undefined): void {
    if (stop === undefined) {
      this.#parts.parked.release(channel, origin);
      this.#asked.delete(`${channel} ${origin}`);
      const fields = { channel, origin, entries: entries.length, from: this.hello.serverId };
      this.#context.log.flow("replicated", fields);
    } else this.#stopped(channel, origin, stop);
  }

  #stopped(channel: ChannelKey, origin: OriginId, stop: StopReason): void {
    if (stop === "hole") return this.#pullAgain(channel, origin);
    const forMs = stop === "future" ? CLOCK_SKEW_MS_MAX / 10 : PARK_MS;
    const from = this.hello.serverId;
    this.#parts.parked.park(channel, origin, { reason: stop, from, forMs });
    this.#context.log.error("a log was parked", { channel, origin, reason: stop, from });
  }

  #pullAgain(channel: ChannelKey, origin: OriginId): void {
    const log = `${channel} ${origin}`;
    const { ts, seq, chain } = this.#headOf(channel, origin);
    const asked = this.#asked.get(log);
    const now = this.#context.clock.now();
    if (asked?.seq === seq && now - asked.atMs < REPEAT_MS) return;
    if (this.#asked.size > 10_000) this.#asked.clear();
    this.#asked.set(log, { seq, atMs: now });
    this.#line.send({ type: "pull", origin, logs: [[channel, { ts, seq }, chain]] });
  }

  #takeGap(frame: GapFrame): void {
    const { channel, origin } = frame;
    const bytes = this.#line.receivedChars;
    if (!this.#followed.has(origin) || this.#isLeftAlone(channel, origin)) {
      return this.#giveCredit(bytes);
    }
    if (!this.#gaps.mayAccept(frame)) {
      const from = this.hello.serverId;
      this.#parts.parked.park(channel, origin, { reason: "gap", from, forMs: PARK_MS });
      this.#context.log.error("a gap was not accepted", { channel, origin, reason: frame.reason });
      return this.#giveCredit(bytes);
    }
    this.#parts.table
      .get(channel)
      .skip(origin, frame.after, { ...frame.through, chain: frame.chain })
      .then(() => this.#parts.parked.noteGap(origin))
      .catch((error: unknown) => this.#waitForStore(error))
      .finally(() => this.#giveCredit(bytes))
      .catch(() => undefined); // the replica ended while it waited
  }

  /** While our store does not take anything, neither do we. */
  async #waitForStore(error: unknown): Promise<void> {
    if (error instanceof DredError && error.code === "channel-not-found") return;
    this.#context.log.warn("replication waits for our store", { error });
    await delay(this.#context.clock, STORE_RETRY_MS, this.#context.signal);
  }

  #giveCredit(bytes: number): void {
    this.#line.send({ type: "credit", bytes });
  }
}
