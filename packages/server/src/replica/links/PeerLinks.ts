import { compareEpochs, DredError, epochOf, epochTimeMs, serverOf } from "@dred/protocol";
import type { ChannelKey, Epoch, HelloFrame, OriginId, Position } from "@dred/protocol";
import type { RegistryRecord, ServerId } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import { delay } from "../delay.ts";
import { every } from "../every.ts";
import type { Connection, Dial } from "../ports/Connection.ts";
import { Attendance, AWAY_REASON } from "../registry/Attendance.ts";
import type { ChannelCatalog } from "../registry/ChannelCatalog.ts";
import type { Registry } from "../registry/Registry.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import { countHolders } from "./countHolders.ts";
import { Detours } from "./Detours.ts";
import { Dialling } from "./Dialling.ts";
import { FrameLine } from "./FrameLine.ts";
import { mergeEpochs, refused, serverIdTaken, shakeHands } from "./handshake.ts";
import type { Handshaken, HandshakeKnowledge } from "./handshake.ts";
import { ParkedLogs } from "./ParkedLogs.ts";
import { PeerClocks } from "./PeerClocks.ts";
import { PullingLink } from "./PullingLink.ts";
import { ServingLink } from "./ServingLink.ts";
import { SourceTable } from "./SourceTable.ts";
import { StoringLogs } from "./StoringLogs.ts";

const LOOK_INTERVAL_MS = 250;
const PING_INTERVAL_MS = 1_000;
/** Peers that have not said who they are, at once. */
const STRANGERS_MAX = 256;
/** A link that gives no sign of life for so long when it is asked for one is not alive. */
const PROBE_MS_MAX = 2_000;
const PROBE_LOOK_MS = 100;
/** A peer that was linked so lately is expected back. */
const EXPECTED_MS = 30_000;
/** No clock is so wrong: an epoch that begins later is no epoch, and nobody could follow it. */
const EPOCH_AHEAD_MS_MAX = 366 * 86_400_000;

export interface PeerLinksParts {
  readonly dial: Dial;
  readonly table: ChannelTable;
  readonly registry: Registry;
  readonly catalog: ChannelCatalog;
  /** The largest epoch heard of every server; outlives the replica. */
  readonly heardEpochs: Map<ServerId, Epoch>;
}

/** With these a peer that has proven itself says that this process must not go on. */
const ENDS_US: ReadonlySet<string> = new Set(["server-id-taken", AWAY_REASON]);

/** All links of one replica: those we dialled and pull on, those that others dialled. */
export class PeerLinks {
  readonly dialling: Dialling;
  readonly parked: ParkedLogs;
  readonly sources: SourceTable;
  readonly detours: Detours;
  readonly attendance: Attendance;
  readonly #context: ReplicaContext;
  readonly #parts: PeerLinksParts;
  readonly #pulling = new Map<ServerId, PullingLink>();
  readonly #serving = new Map<ServerId, ServingLink>();
  readonly #lines = new Set<FrameLine>();
  readonly #clocks: PeerClocks;
  readonly #storing = new StoringLogs();
  readonly #heardEpochs: Map<ServerId, Epoch>;
  #strangers = 0;
  /** The link that was lost last without a goodbye, while none is open. */
  #lost: { readonly link: PullingLink; readonly atMs: number } | undefined;

  constructor(context: ReplicaContext, parts: PeerLinksParts) {
    this.#context = context;
    this.#parts = parts;
    this.#heardEpochs = parts.heardEpochs;
    this.parked = new ParkedLogs(context.clock, context.identity.serverId);
    this.#clocks = new PeerClocks(context.clock);
    this.sources = new SourceTable(context, parts.table);
    const { parked, sources, pulling: links, serving } = this;
    const { clock } = context;
    this.detours = new Detours({ clock, table: parts.table, parked, sources, links, serving });
    this.attendance = new Attendance(context, parts.registry, () => this.#isInStep());
    this.dialling = new Dialling(context, {
      dial: parts.dial,
      knowledge: this.#knowledge(),
      run: (connection, shaken) => this.#pull(connection, shaken),
    });
    every(context, LOOK_INTERVAL_MS, () => this.sources.select(this.#pulling));
    every(context, PING_INTERVAL_MS, () => {
      this.pingAll();
      this.detours.look();
    });
  }

  get pulling(): ReadonlyMap<ServerId, PullingLink> {
    return this.#pulling;
  }

  get serving(): ReadonlyMap<ServerId, ServingLink> {
    return this.#serving;
  }

  /** Serves a peer that dialled us, once it has shown that it may. */
  accept(connection: Connection): void {
    if (this.#strangers >= STRANGERS_MAX || this.#context.signal.aborted) return connection.close();
    this.#strangers++;
    shakeHands(this.#context, connection, "acceptor", this.#knowledge())
      .finally(() => this.#strangers--)
      .then((shaken) => this.#serve(connection, shaken))
      .catch((error: unknown) => {
        this.#context.log.warn("peer refused", { error: String(error) });
        connection.close();
      });
  }

  /** Tells all peers that pull from us; resolves when they stored it, or after 500 ms. */
  async tell(records: readonly RegistryRecord[]): Promise<void> {
    await Promise.all([...this.#serving.values()].map((link) => link.tell(records)));
  }

  /** Counts servers that hold a position, ourselves included, until `acks` do. */
  held(channel: ChannelKey, position: Position, acks: number, timeoutMs: number): Promise<number> {
    const question = { channel, position, acks, timeoutMs };
    return countHolders(this.#context.clock, [...this.#pulling.values()], question);
  }

  /** Since when a peer is linked, ms since 1970; undefined while it is not. */
  connectedSinceMs(id: ServerId): number | undefined {
    return this.#pulling.get(id)?.sinceMs;
  }

  /** Whether some peer holds all that we hold of our own origin, as far as we last heard. */
  isHeldElsewhere(): boolean {
    const { origin } = this.#context;
    const ours = this.#parts.table.summaryOf(origin).digest;
    const links = [...this.#pulling.values(), ...(this.#lost ? [this.#lost.link] : [])];
    return links.some(({ have }) => have?.get(origin)?.digest === ours);
  }

  /** Whether a peer is linked, or was lost lately and may come back any time. */
  isPeerExpected(): boolean {
    if (this.#pulling.size > 0) return true;
    return this.#lost !== undefined && this.#context.clock.steady() - this.#lost.atMs < EXPECTED_MS;
  }

  pingAll(): void {
    for (const link of this.#pulling.values()) link.ping();
  }

  /** The peers' clocks minus ours, in ms; a peer's counts for a minute after its link was lost. */
  clockOffsetsMs(): number[] {
    return this.#clocks.offsetsMs(this.#pulling);
  }

  /** The largest epoch known of every server, from what is held, listed and heard. */
  epochs(): Map<ServerId, Epoch> {
    const known = new Map(this.#heardEpochs);
    for (const [id, host] of this.#parts.registry.hosts()) {
      mergeEpochs(known, [[id, host.epoch as Epoch]]);
    }
    for (const origin of this.#parts.table.summaries().keys()) {
      mergeEpochs(known, [[serverOf(origin), epochOf(origin)]]);
    }
    return known;
  }

  isEpochOpen(origin: OriginId): boolean {
    return this.epochs().get(serverOf(origin)) === epochOf(origin);
  }

  async close(detail: string): Promise<void> {
    for (const line of this.#lines) line.bye("shutdown", detail);
    await this.dialling.ended();
  }

  #isInStep(): boolean {
    return [...this.#pulling.values()].some((link) => link.isRegistryEqual);
  }

  #knowledge(): HandshakeKnowledge {
    return {
      epochs: () => this.epochs(),
      syncedTs: () => this.attendance.syncedTs,
      admit: (hello) => this.#admit(hello),
    };
  }

  async #admit(hello: HelloFrame): Promise<void> {
    const { serverId, epoch } = hello;
    const latestMs = this.#context.clock.now() + EPOCH_AHEAD_MS_MAX;
    if (epochTimeMs(epoch) > latestMs) {
      throw refused(`the epoch ${epoch} of ${serverId} lies more than a year ahead: set its clock`);
    }
    if (serverId === this.#context.identity.serverId) this.#checkNamesake(hello);
    const refusal = this.attendance.refusalOf(serverId, hello);
    if (refusal !== undefined) throw new DredError(AWAY_REASON, refusal);
    await this.#checkOnlyStore(hello);
    const credible = [...hello.epochs].filter(([, heard]) => epochTimeMs(heard) <= latestMs);
    mergeEpochs(this.#heardEpochs, [...credible, [serverId, epoch]]);
    this.#checkOwnEpoch(serverId);
  }

  /** Of two stores under our own serverId, the one that began later is the second. */
  #checkNamesake({ serverId, storeId, instance, epoch }: HelloFrame): void {
    const { session, origin } = this.#context;
    if (instance === this.#context.instance) return; // it is ourselves
    if (storeId === session.storeId) throw refused("another process uses this server's store");
    const taken = serverIdTaken(serverId);
    if (compareEpochs(epoch, epochOf(origin)) > 0) throw taken;
    this.#context.fail({ reason: "refused", detail: taken.detail });
    throw refused("this server is the second under its serverId, and ends");
  }

  /**
   * A server may come back with an empty store while its old link is still open here. So the
   * old link is asked for a sign of life: a store that is alive keeps its serverId (R2).
   */
  async #checkOnlyStore({ serverId, storeId, instance }: HelloFrame): Promise<void> {
    const links = [this.#pulling.get(serverId), this.#serving.get(serverId)];
    const others = links.filter((link) => link !== undefined && link.hello.storeId !== storeId);
    const probes = others.map(async (link) => {
      if (link === undefined) return;
      const isOther = link.hello.instance !== instance;
      if (isOther && (await this.#isAlive(link))) throw serverIdTaken(serverId);
      link.bye("replaced", "the server has another store now");
    });
    await Promise.all(probes);
  }

  async #isAlive(link: PullingLink | ServingLink): Promise<boolean> {
    const askedMs = this.#context.clock.steady();
    if (link instanceof PullingLink) link.ping(); // one that pulls pings by itself, each second
    for (let waitedMs = 0; waitedMs < PROBE_MS_MAX; waitedMs += PROBE_LOOK_MS) {
      await delay(this.#context.clock, PROBE_LOOK_MS, this.#context.signal);
      if (link.isClosed) return false;
      if (link.lastHeardMs > askedMs) return true;
    }
    return false;
  }

  /** A peer that knows a later epoch of ours: this store is an old copy (R2). */
  #checkOwnEpoch(peer: ServerId): void {
    const mine = epochOf(this.#context.origin);
    const heard = this.#heardEpochs.get(this.#context.identity.serverId);
    if (heard === undefined || compareEpochs(heard, mine) <= 0) return;
    const detail = `peer ${peer} knows a later epoch of this server`;
    this.#context.fail({ reason: "fenced", detail });
  }

  async #pull(connection: Connection, { hello, clockBaseMs }: Handshaken): Promise<void> {
    const line = this.#openLine(connection, hello);
    const { table, registry, catalog } = this.#parts;
    const link = new PullingLink(this.#context, {
      hello,
      clockBaseMs,
      line,
      table,
      registry,
      catalog,
      parked: this.parked,
      storing: this.#storing,
      onHave: () => this.sources.select(this.#pulling),
    });
    this.#pulling.get(hello.serverId)?.bye("replaced", "dialled again");
    this.#pulling.set(hello.serverId, link);
    this.#lost = undefined;
    this.#context.log.info("linked to peer", { peer: hello.serverId, url: hello.url });
    await new Promise<void>((resolve) => line.onClosed(resolve));
    if (this.#pulling.get(hello.serverId) === link) this.#pulling.delete(hello.serverId);
    const isOver = line.farewell?.reason === "shutdown";
    if (!isOver) this.#lost = { link, atMs: this.#context.clock.steady() };
    this.sources.select(this.#pulling);
    this.#context.log.info("link to peer lost", { peer: hello.serverId });
    const { reason = "", detail = "" } = line.farewell ?? {};
    if (ENDS_US.has(reason)) this.#context.fail({ reason: "refused", detail });
  }

  #serve(connection: Connection, { hello }: Handshaken): void {
    const line = this.#openLine(connection, hello);
    const { table, registry } = this.#parts;
    const link = new ServingLink(this.#context, { hello, line, table, registry });
    this.#serving.get(hello.serverId)?.bye("replaced", "dialled again");
    this.#serving.set(hello.serverId, link);
    line.onClosed(() => {
      link.close();
      if (this.#serving.get(hello.serverId) === link) this.#serving.delete(hello.serverId);
    });
    link.start();
    this.dialling.learn(hello.serverId, hello.url);
    this.dialling.wake(hello.serverId);
  }

  #openLine(connection: Connection, hello: HelloFrame): FrameLine {
    const line = new FrameLine(this.#context, connection, hello.serverId);
    this.#lines.add(line);
    line.onClosed(() => this.#lines.delete(line));
    return line;
  }
}
