import { compareEpochs, DredError, epochOf, serverOf } from "@dred/protocol";
import type { ChannelKey, Epoch, HelloFrame, OriginId, Position } from "@dred/protocol";
import type { RegistryRecord, ServerId } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import { within } from "../delay.ts";
import { every } from "../every.ts";
import type { Connection, Dial } from "../ports/Connection.ts";
import type { ChannelCatalog } from "../registry/ChannelCatalog.ts";
import type { Registry } from "../registry/Registry.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import { Dialling } from "./Dialling.ts";
import { FrameLine } from "./FrameLine.ts";
import { mergeEpochs, serverIdTaken, shakeHands } from "./handshake.ts";
import type { Handshaken } from "./handshake.ts";
import { ParkedLogs } from "./ParkedLogs.ts";
import { PullingLink } from "./PullingLink.ts";
import { ServingLink } from "./ServingLink.ts";
import { SourceTable } from "./SourceTable.ts";

const LOOK_INTERVAL_MS = 250;
const PING_INTERVAL_MS = 1_000;
/** How long the answer to a creation waits for the connected peers to have it. */
const TELL_WAIT_MS = 500;
/** So that a fast clock stamps nothing of its own while its only peer starts again. */
const CLOCK_KEPT_MS = 60_000;
/** Peers that have not said who they are, at once. */
const STRANGERS_MAX = 256;

export interface PeerLinksParts {
  readonly dial: Dial;
  readonly table: ChannelTable;
  readonly registry: Registry;
  readonly catalog: ChannelCatalog;
  /** The largest epoch heard of every server; outlives the replica. */
  readonly heardEpochs: Map<string, Epoch>;
}

/** All links of one replica: those we dialled and pull on, those that others dialled. */
export class PeerLinks {
  readonly dialling: Dialling;
  readonly parked: ParkedLogs;
  readonly sources: SourceTable;
  readonly #context: ReplicaContext;
  readonly #parts: PeerLinksParts;
  readonly #pulling = new Map<ServerId, PullingLink>();
  readonly #serving = new Map<ServerId, ServingLink>();
  readonly #lines = new Set<FrameLine>();
  readonly #clocks = new Map<ServerId, { readonly offsetMs: number; readonly atMs: number }>();
  readonly #heardEpochs: Map<string, Epoch>;
  #strangers = 0;

  constructor(context: ReplicaContext, parts: PeerLinksParts) {
    this.#context = context;
    this.#parts = parts;
    this.#heardEpochs = parts.heardEpochs;
    this.parked = new ParkedLogs(context.clock);
    this.sources = new SourceTable(context, parts.table);
    this.dialling = new Dialling(context, {
      dial: parts.dial,
      knowledge: this.#knowledge(),
      run: (connection, shaken) => this.#pull(connection, shaken),
    });
    every(context, LOOK_INTERVAL_MS, () => this.sources.select(this.#pulling));
    every(context, PING_INTERVAL_MS, () => this.pingAll());
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
    const told = Promise.all([...this.#serving.values()].map((link) => link.tell(records)));
    await within(this.#context.clock, told, { ms: TELL_WAIT_MS, late: [] });
  }

  /** Counts servers that hold a position, ourselves included, until `acks` do. */
  held(channel: ChannelKey, position: Position, acks: number, timeoutMs: number): Promise<number> {
    let reached = 1;
    const { clock } = this.#context;
    const author = serverOf(position.origin);
    if (author !== this.#context.identity.serverId) reached++;
    const links = [...this.#pulling.values()].filter(({ hello }) => hello.serverId !== author);
    return new Promise((resolve) => {
      if (reached >= acks || links.length === 0) return resolve(reached);
      const cancel = clock.after(timeoutMs, () => resolve(reached));
      let open = links.length;
      for (const link of links) {
        void link.held(channel, position, timeoutMs).then((isHeld) => {
          open--;
          if (isHeld) reached++;
          if (reached < acks && open > 0) return;
          cancel();
          resolve(reached);
        });
      }
    });
  }

  /** Since when a peer is linked, ms since 1970; undefined while it is not. */
  connectedSinceMs(id: ServerId): number | undefined {
    return this.#pulling.get(id)?.sinceMs;
  }

  pingAll(): void {
    for (const link of this.#pulling.values()) link.ping();
  }

  /** The peers' clocks minus ours, in ms; a peer's counts for a minute after its link was lost. */
  clockOffsetsMs(): number[] {
    const atMs = this.#context.clock.now();
    for (const [id, { clockOffsetMs }] of this.#pulling) {
      this.#clocks.set(id, { offsetMs: clockOffsetMs, atMs });
    }
    for (const [id, seen] of this.#clocks) {
      if (Math.abs(atMs - seen.atMs) > CLOCK_KEPT_MS) this.#clocks.delete(id);
    }
    return [...this.#clocks.values()].map(({ offsetMs }) => offsetMs);
  }

  /** The largest epoch known of every server, from what is held, listed and heard. */
  epochs(): Map<string, Epoch> {
    const known = new Map(this.#heardEpochs);
    for (const [id, host] of this.#parts.registry.hosts()) {
      mergeEpochs(known, { [id]: host.epoch as Epoch });
    }
    for (const origin of this.#parts.table.summaries().keys()) {
      mergeEpochs(known, { [serverOf(origin)]: epochOf(origin) });
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

  #knowledge(): { epochs(): Record<string, Epoch>; admit(hello: HelloFrame): void } {
    return {
      epochs: () => Object.fromEntries(this.epochs()),
      admit: (hello) => this.#admit(hello),
    };
  }

  #admit(hello: HelloFrame): void {
    const { serverId, storeId, instance } = hello;
    for (const link of [this.#pulling.get(serverId), this.#serving.get(serverId)]) {
      if (link !== undefined && link.hello.storeId !== storeId) throw serverIdTaken(serverId);
    }
    if (serverId === this.#context.identity.serverId && instance !== this.#context.instance) {
      throw new DredError("peer-refused", "another process uses this server's store");
    }
    mergeEpochs(this.#heardEpochs, { ...hello.epochs, [serverId]: hello.epoch });
    this.#checkOwnEpoch(serverId);
  }

  /** A peer that knows a later epoch of ours: this store is an old copy (R2). */
  #checkOwnEpoch(peer: ServerId): void {
    const mine = epochOf(this.#context.origin);
    const heard = this.#heardEpochs.get(this.#context.identity.serverId);
    if (heard === undefined || compareEpochs(heard, mine) <= 0) return;
    const detail = `peer ${peer} knows a later epoch of this server`;
    this.#context.fail({ reason: "fenced", detail });
  }

  async #pull(connection: Connection, { hello, clockOffsetMs }: Handshaken): Promise<void> {
    const line = this.#openLine(connection, hello);
    const { table, registry, catalog } = this.#parts;
    const link = new PullingLink(this.#context, {
      hello,
      clockOffsetMs,
      line,
      table,
      registry,
      catalog,
      parked: this.parked,
      onHave: () => this.sources.select(this.#pulling),
    });
    this.#pulling.get(hello.serverId)?.bye("replaced", "dialled again");
    this.#pulling.set(hello.serverId, link);
    this.#context.log.info("linked to peer", { peer: hello.serverId, url: hello.url });
    await new Promise<void>((resolve) => line.onClosed(resolve));
    if (this.#pulling.get(hello.serverId) === link) this.#pulling.delete(hello.serverId);
    this.sources.select(this.#pulling);
    this.#context.log.info("link to peer lost", { peer: hello.serverId });
  }

  #serve(connection: Connection, { hello }: Handshaken): void {
    const line = this.#openLine(connection, hello);
    const { table, registry } = this.#parts;
    const link = new ServingLink(this.#context, { hello, line, table, registry });
    this.#serving.get(hello.serverId)?.close();
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
