import type {
  ChannelKey,
  Frame,
  GapFrame,
  EntriesFrame,
  HelloFrame,
  OriginId,
  OriginSummary,
  Position,
} from "@dred/protocol";
import { channelNameOf } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import type { ChannelCatalog } from "../registry/ChannelCatalog.ts";
import type { Registry } from "../registry/Registry.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import { EntryIntake } from "./EntryIntake.ts";
import { FetchedLogs } from "./FetchedLogs.ts";
import type { FrameLine } from "./FrameLine.ts";
import { GapJudge } from "./GapJudge.ts";
import { HeldRequests } from "./HeldRequests.ts";
import { JoinGoal } from "./JoinGoal.ts";
import { LogComparison } from "./LogComparison.ts";
import { OwnEpochWatch } from "./OwnEpochWatch.ts";
import type { ParkedLogs } from "./ParkedLogs.ts";
import type { PeerSummary } from "./PeerSummary.ts";
import { RegistryPull } from "./RegistryPull.ts";
import type { StoringLogs } from "./StoringLogs.ts";

export interface PullingLinkParts {
  readonly hello: HelloFrame;
  readonly clockBaseMs: number;
  readonly line: FrameLine;
  readonly table: ChannelTable;
  readonly registry: Registry;
  readonly catalog: ChannelCatalog;
  readonly parked: ParkedLogs;
  /** Of all links. */
  readonly storing: StoringLogs;
  /** The peer said what it has; the first time, it has become a source. */
  onHave(link: PullingLink): void;
}

/**
 * The pulling end of a link: what we take from a peer that we dialled. It follows the origins
 * that it is told to; LogComparison finds what we lack of them, EntryIntake stores it.
 */
export class PullingLink {
  readonly hello: HelloFrame;
  /** When the link was opened, ms since 1970. */
  readonly sinceMs: number;
  readonly #context: ReplicaContext;
  readonly #parts: PullingLinkParts;
  readonly #line: FrameLine;
  readonly #registry: RegistryPull;
  readonly #comparison: LogComparison;
  readonly #goal: JoinGoal;
  readonly #intake: EntryIntake;
  readonly #ownEpoch: OwnEpochWatch;
  /** The origins that are followed, and whether more of them came since that was asked. */
  readonly #followed = new Map<OriginId, { hasArrived: boolean }>();
  readonly #fetched: FetchedLogs;
  readonly #held: HeldRequests;
  #have: ReadonlyMap<OriginId, PeerSummary> | undefined;
  #haveMs = Number.NEGATIVE_INFINITY;
  #clockBaseMs: number;

  constructor(context: ReplicaContext, parts: PullingLinkParts) {
    const { hello, line, table, parked, registry, clockBaseMs, storing } = parts;
    this.#context = context;
    this.#parts = parts;
    this.hello = hello;
    this.sinceMs = Math.floor(context.clock.now());
    this.#line = line;
    this.#clockBaseMs = clockBaseMs;
    this.#fetched = new FetchedLogs(context.clock);
    this.#held = new HeldRequests(line);
    this.#registry = new RegistryPull(context, registry, line);
    this.#comparison = new LogComparison(context, {
      line,
      table,
      isWanted: (channel, origin) => this.#isUsable(channel, origin),
      storing,
      forked: (channel, origin) => this.#intake.park(channel, origin, "fork"),
    });
    this.#goal = new JoinGoal({
      table,
      comparison: this.#comparison,
      isToBeHad: (channel, origin) =>
        this.#isWanted(channel) && !parked.isRefused(channel, origin, hello.serverId),
    });
    this.#intake = new EntryIntake(context, {
      peer: hello.serverId,
      line,
      table,
      parked,
      gaps: new GapJudge(() => context.stampNowMs(), table, hello.serverId),
      comparison: this.#comparison,
      storing,
      isExpected: (channel, origin) => this.#isExpected(channel, origin),
    });
    this.#ownEpoch = new OwnEpochWatch(context, {
      peer: hello.serverId,
      table,
      comparison: this.#comparison,
      isWanted: (channel) => this.#isWanted(channel),
    });
    line.onFrame((frame) => this.#receive(frame));
    line.onClosed(() => this.#closed());
  }

  /** What the peer says it has; undefined until it said so. */
  get have(): ReadonlyMap<OriginId, PeerSummary> | undefined {
    return this.#have;
  }

  /** Whether its registry and ours were the same when it last said. */
  get isRegistryEqual(): boolean {
    return this.#registry.isEqual;
  }

  /** When it last said so, by the steady time. */
  get haveMs(): number {
    return this.#haveMs;
  }

  /**
   * The peer's clock minus our steady time, in ms: so that setting our own clock shows at once,
   * and not with the next pong.
   */
  get clockBaseMs(): number {
    return this.#clockBaseMs;
  }

  get isClosed(): boolean {
    return this.#line.isClosed;
  }

  get lastHeardMs(): number {
    return this.#line.lastHeardMs;
  }

  /** Whether entries are arriving on this link, of any origin, also in a part of a frame. */
  get isBusy(): boolean {
    return this.#line.isBusy;
  }

  /** Characters of entries that came on this link and are not stored yet. */
  get storingChars(): number {
    return this.#intake.storingChars;
  }

  /** Makes this peer the source of an origin. */
  follow(origin: OriginId): void {
    if (this.#followed.has(origin)) return;
    this.#followed.set(origin, { hasArrived: false });
    this.#comparison.begin(origin, this.#have?.get(origin));
  }

  stop(origin: OriginId): void {
    if (!this.#followed.delete(origin)) return;
    this.#comparison.end(origin);
    this.#line.send({ type: "stop", origin, channel: undefined });
  }

  /** Asks for what this peer has of one log, whose source cannot give it. */
  fetch(channel: ChannelKey, origin: OriginId): void {
    this.#fetched.add(channel, origin);
    this.#comparison.fetch(channel, origin);
  }

  /** Whether a log was asked for, or something of it stored, in the last seconds. */
  isUnderWay(channel: ChannelKey, origin: OriginId): boolean {
    return this.#comparison.isUnderWay(channel, origin);
  }

  /** Whether more of the origin came since this was last asked, or is being stored. */
  takeArrived(origin: OriginId): boolean {
    const followed = this.#followed.get(origin);
    const hasArrived = followed?.hasArrived === true || this.#parts.storing.isStoring(origin);
    if (followed !== undefined) followed.hasArrived = false;
    return hasArrived;
  }

  ping(): void {
    // Nothing is sent before the peer's first word: until then it may not listen yet.
    if (this.#have !== undefined)
      this.#line.send({ type: "ping", sent: this.#context.clock.steady() });
  }

  /** Whether the peer holds a position, asked until it does or `waitMs` have passed. */
  held(channel: ChannelKey, position: Position, waitMs: number): Promise<boolean> {
    if (this.#line.isClosed || this.#have === undefined) return Promise.resolve(false);
    return this.#held.ask(channel, position, waitMs);
  }

  /** Whether all is here that the peer had when we linked to it. */
  get hasCaughtUp(): boolean {
    return this.#registry.isSynced && this.#goal.isReached();
  }

  /** Entries that the peer had then and that we lack; infinitely many while that is not known. */
  entriesMissing(): number {
    return this.#registry.isSynced ? this.#goal.entriesMissing() : Number.POSITIVE_INFINITY;
  }

  bye(reason: string, detail: string): void {
    this.#line.bye(reason, detail);
  }

  #closed(): void {
    this.#held.end();
    this.#followed.clear();
    this.#fetched.clear();
  }

  #receive(frame: Frame): void {
    switch (frame.type) {
      case "have":
        return this.#takeHave(frame.origins, frame.registry);
      case "heads":
        return this.#takeHeads(frame);
      case "entries":
      case "gap":
        return this.#takeEntries(frame);
      case "held":
        return this.#held.answered(frame.ref, frame.isHeld);
      case "pong":
        this.#clockBaseMs = frame.clock - (frame.sent + this.#context.clock.steady()) / 2;
        return;
      case "registry":
        return this.#registry.take(frame.ref, frame.records);
      default:
        this.#line.fail(`a pulling link takes no ${frame.type}`);
    }
  }

  #takeHave(origins: ReadonlyMap<OriginId, OriginSummary>, registry: string): void {
    const isFirst = this.#have === undefined;
    const have = new Map<OriginId, PeerSummary>();
    for (const [origin, theirs] of origins) {
      const ours = this.#parts.table.summaryOf(origin);
      have.set(origin, { ...theirs, isBehind: theirs.count < ours.count });
      if (theirs.digest === ours.digest) this.#parts.parked.releaseAll(origin, this.hello.serverId);
    }
    this.#have = have;
    this.#haveMs = this.#context.clock.steady();
    if (isFirst) this.#goal.begin(have, this.#context.origin);
    this.#registry.compare(registry);
    this.#parts.onHave(this);
    for (const origin of this.#followed.keys()) {
      this.#comparison.compare(origin, have.get(origin));
    }
    this.#goal.compare(have);
    this.#ownEpoch.compare(have.get(this.#context.origin));
  }

  #takeHeads(frame: Extract<Frame, { type: "heads" }>): void {
    const { origin } = frame;
    const page = this.#comparison.accept(frame);
    if (page === undefined) return;
    if (origin === this.#context.origin) return this.#ownEpoch.check(frame.heads);
    this.#goal.note(frame, page.from);
    if (!this.#followed.has(origin)) return;
    this.#comparison.pullLagging(origin, frame.heads);
  }

  #takeEntries(frame: EntriesFrame | GapFrame): void {
    const { channel, origin } = frame;
    if (origin === this.#context.origin) {
      this.#context.log.error("a peer sent entries of our own origin", {
        peer: this.hello.serverId,
        channel,
      });
      return this.#line.fail("it sent entries of our own origin"); // R2
    }
    if (!this.#isExpected(channel, origin)) {
      return this.#intake.giveCredit(this.#line.receivedChars);
    }
    const bringsMore = this.#intake.take(frame);
    if (!bringsMore) return this.#line.discount(); // such as what lies behind a hole
    const followed = this.#followed.get(origin);
    if (followed !== undefined) followed.hasArrived = true;
  }

  #isExpected(channel: ChannelKey, origin: OriginId): boolean {
    return (
      (this.#followed.has(origin) || this.#fetched.has(channel, origin)) &&
      this.#isUsable(channel, origin)
    );
  }

  #isUsable(channel: ChannelKey, origin: OriginId): boolean {
    const { parked } = this.#parts;
    return this.#isWanted(channel) && !parked.isParked(channel, origin, this.hello.serverId);
  }

  #isWanted(key: ChannelKey): boolean {
    return this.#parts.catalog.isWanted(channelNameOf(key), key);
  }
}
