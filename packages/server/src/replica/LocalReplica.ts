import { boundedNow } from "@dred/core";
import type { ChannelRecord } from "@dred/core";
import { channelNameOf, DredError, generationOf, toChannelKey } from "@dred/protocol";
import type {
  ChannelKey,
  ChannelName,
  Head,
  MessageFields,
  OriginId,
  Position,
  ServerId,
} from "@dred/protocol";
import { acceptGap } from "./acceptGap.ts";
import type { Acquaintance } from "./Acquaintance.ts";
import { toChannelInfo } from "./channelInfo.ts";
import { heldLogs, readLog } from "./channelLogs.ts";
import { ChannelTable } from "./ChannelTable.ts";
import { ClockWatch } from "./ClockWatch.ts";
import type { ChannelConfiguration } from "./ChannelTable.ts";
import { drain } from "./drain.ts";
import { readHistory } from "./history.ts";
import { keepHouse } from "./housekeeping.ts";
import type { HostAddress } from "./links/Dialling.ts";
import { PeerLinks } from "./links/PeerLinks.ts";
import { ListenerTable } from "./listening/ListenerTable.ts";
import type { Connection, Dial } from "./ports/Connection.ts";
import type { CallOptions } from "./ports/Store.ts";
import { openStored } from "./openStored.ts";
import { Posting } from "./Posting.ts";
import { Readying } from "./Readying.ts";
import { announceHost } from "./registry/announceHost.ts";
import { ChannelCatalog } from "./registry/ChannelCatalog.ts";
import { Registry } from "./registry/Registry.ts";
import { RegistryEffects } from "./registry/RegistryEffects.ts";
import { removeHost } from "./registry/removeHost.ts";
import type * as Api from "./Replica.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";
import type { Waiting } from "./ReplicaCounts.ts";
import { hostStatuses, replicationStatus, waitingOf } from "./status.ts";

export interface LocalReplicaParts {
  readonly dial: Dial;
  readonly acquaintance: Acquaintance;
  readonly ended: Promise<Api.ReplicaEnd>;
}

/** The parts of one replica, put together; what each does stands in its own file. */
export class LocalReplica implements Api.Replica {
  readonly ended: Promise<Api.ReplicaEnd>;
  readonly #context: ReplicaContext;
  readonly #registry: Registry;
  readonly #catalog: ChannelCatalog;
  readonly #table: ChannelTable;
  readonly #posting: Posting;
  readonly #listeners: ListenerTable;
  readonly #links: PeerLinks;
  readonly #effects: RegistryEffects;
  readonly #readying: Readying;
  readonly #clockWatch: ClockWatch;
  readonly #acquaintance: Acquaintance;
  #isClosing = false;

  constructor(context: ReplicaContext, parts: LocalReplicaParts) {
    this.#context = context;
    this.ended = parts.ended;
    this.#acquaintance = parts.acquaintance;
    this.#registry = new Registry(context);
    this.#catalog = new ChannelCatalog(context, this.#registry);
    this.#table = new ChannelTable(context, (key) => this.#configurationOf(key));
    this.#posting = new Posting(context, this.#table);
    this.#links = new PeerLinks(context, {
      dial: parts.dial,
      table: this.#table,
      registry: this.#registry,
      catalog: this.#catalog,
      heardEpochs: parts.acquaintance.epochs,
    });
    this.#listeners = new ListenerTable(context, this.#table, {
      keyOf: (name) => this.#catalog.keyOf(name),
      isDeleted: (key) => !this.#catalog.isWanted(channelNameOf(key), key),
      names: () => this.#catalog.names(),
      open: (key) => this.#table.open(key),
      isEpochOpen: (origin) => this.#links.isEpochOpen(origin),
    });
    this.#effects = new RegistryEffects(context, {
      registry: this.#registry,
      catalog: this.#catalog,
      table: this.#table,
      listeners: this.#listeners,
      links: this.#links,
      acquaintance: parts.acquaintance,
    });
    this.#readying = new Readying(context, this.#links);
    this.#clockWatch = new ClockWatch(context, () => this.#links.clockOffsetsMs());
  }

  get neighborhood(): Api.Replica["neighborhood"] {
    return this.#context.identity.neighborhood;
  }

  get serverId(): ServerId {
    return this.#context.identity.serverId;
  }

  get ending(): AbortSignal {
    return this.#context.signal;
  }

  get origin(): OriginId {
    return this.#context.origin;
  }

  /** Reads the store, takes its place among the hosts and begins to link. */
  async start(): Promise<void> {
    await this.#registry.load();
    await openStored(this.#context, { table: this.#table, catalog: this.#catalog });
    await announceHost(this.#context, this.#registry);
    this.#effects.start();
    for (const [id, host] of this.#registry.hosts()) {
      if (!host.isRemoved) this.#links.dialling.learn(id, host.url);
    }
    for (const [id, url] of this.#acquaintance.hosts) this.#links.dialling.learn(id, url);
    keepHouse(this.#context, {
      table: this.#table,
      catalog: this.#catalog,
      clockWatch: this.#clockWatch,
      registry: this.#registry,
      attendance: this.#links.attendance,
      readying: this.#readying,
      deleteChannel: (name) => this.#delete(name),
    });
  }

  /** The time to stamp and to judge life by: never far off the neighborhood's. */
  stampNowMs(): number {
    return boundedNow(this.#context.clock.now(), this.#links.clockOffsetsMs());
  }

  /** The hosts that discovery gives now. */
  discovered(hosts: readonly HostAddress[]): void {
    this.#links.dialling.configure(hosts);
    this.#readying.discovered();
  }

  readiness(): Api.Readiness {
    return this.#readying.state();
  }

  channels(): ChannelName[] {
    return [...this.#catalog.names()].sort();
  }

  channel(name: ChannelName): Api.ChannelInfo | undefined {
    const record = this.#catalog.find(name);
    return record === undefined ? undefined : this.#infoOf(name, record);
  }

  channelBytes(name: ChannelName, options: CallOptions): Promise<number> {
    const record = this.#catalog.find(name);
    if (record === undefined) throw new DredError("channel-not-found", "channel not found");
    return this.#context.session.bytes(toChannelKey(name, record.generation), options);
  }

  async createChannel(name: ChannelName, settings: Api.ChannelSettings): Promise<Api.ChannelInfo> {
    this.#checkServing();
    const record = await this.#catalog.create(name, settings);
    await this.#effects.told();
    return this.#infoOf(name, record);
  }

  async deleteChannel(name: ChannelName): Promise<void> {
    this.#checkServing();
    await this.#delete(name);
    await this.#effects.told();
  }

  async putMember(name: ChannelName, member: Api.Member): Promise<void> {
    this.#checkServing();
    await this.#catalog.putMember(name, member);
    await this.#effects.told();
  }

  post(name: ChannelName, message: MessageFields, sender: string): Promise<Api.PostReply> {
    const admit = (): ChannelKey => {
      this.#checkServing();
      return this.#keyOf(name);
    };
    return this.#posting.post(admit, message, sender);
  }

  held(name: ChannelName, position: Position, acks: number, timeoutMs: number): Promise<number> {
    return this.#links.held(this.#keyOf(name), position, acks, timeoutMs);
  }

  async history(
    name: ChannelName,
    page: Api.HistoryRequest,
    options: CallOptions,
  ): Promise<Api.HistoryPage> {
    options.signal.throwIfAborted();
    return readHistory(this.#context, this.#table.get(this.#keyOf(name)), page);
  }

  async logs(name: ChannelName): Promise<readonly Api.HeldLog[]> {
    return heldLogs(this.#table.get(this.#keyOf(name)));
  }

  async readLog(name: ChannelName, request: Api.LogRequest): Promise<Api.LogPage> {
    return readLog(this.#table.get(this.#keyOf(name)), request);
  }

  listen(requests: readonly Api.ListenRequest[], sink: Api.LineSink): Api.Listening {
    this.#checkServing();
    return this.#listeners.listen(requests, sink);
  }

  async acceptGap(name: ChannelName, origin: OriginId): Promise<Head> {
    const parts = { registry: this.#registry, table: this.#table, links: this.#links };
    const through = await acceptGap(parts, this.#keyOf(name), origin);
    await this.#effects.told();
    return through;
  }

  hosts(): Api.HostStatus[] {
    return hostStatuses(this.#context, this.#registry, this.#links);
  }

  async removeHost(id: ServerId): Promise<void> {
    await removeHost(this.#registry, id);
    await this.#effects.told();
  }

  replication(): Api.ReplicationStatus {
    const parts = { registry: this.#registry, table: this.#table, links: this.#links };
    const clock = this.#clockWatch.status();
    return { ...replicationStatus(this.#context, parts, this.readiness()), clock };
  }

  waiting(): Waiting {
    return waitingOf(this.#table, this.#links);
  }

  acceptPeer(connection: Connection): void {
    this.#links.accept(connection); // also while it closes: a peer may come for what it lacks
  }

  async close(drainMs: number): Promise<void> {
    if (this.#isClosing) return void (await this.ended);
    this.#isClosing = true;
    const [table, links, posting] = [this.#table, this.#links, this.#posting];
    await drain(this.#context, { table, links, posting }, drainMs);
    this.#context.fail({ reason: "closed" });
    await this.ended;
  }

  /** Tells listeners and peers that this replica ends, and lets the store go. */
  async tearDown(end: Api.ReplicaEnd): Promise<void> {
    this.#isClosing = true;
    const urls = this.hosts().map(({ url }) => url);
    this.#listeners.byeAll(end.reason === "closed" ? "shutdown" : "epoch", urls);
    const detail = end.reason === "closed" ? "the server is shutting down" : end.detail;
    await this.#links.close(detail);
    this.#table.close(new DredError("store-fenced", `${detail}; retry with the same ocid`));
    await this.#context.session.close();
  }

  #checkServing(): void {
    this.ending.throwIfAborted();
    if (this.#isClosing) throw new DredError("not-ready", "the server is shutting down");
    if (this.#readying.isReady) return;
    const { entriesMissing } = this.readiness();
    const missing = entriesMissing === undefined ? "joining" : `${entriesMissing} entries missing`;
    throw new DredError("not-ready", `the server is catching up with its peers (${missing})`);
  }

  #keyOf(name: ChannelName): ChannelKey {
    const key = this.#catalog.keyOf(name);
    if (key === undefined) throw new DredError("channel-not-found", "channel not found");
    return key;
  }

  #configurationOf(key: ChannelKey): ChannelConfiguration {
    const record = this.#catalog.find(channelNameOf(key));
    const cuts = this.#registry.cuts(key);
    if (record?.generation !== generationOf(key)) return { options: {}, floorTs: 0, cuts };
    const floorTs = Math.max(record.floorTs, this.#effects.floorOf(channelNameOf(key)));
    return { options: record.options, floorTs, cuts };
  }

  async #delete(name: ChannelName): Promise<void> {
    const record = this.#catalog.find(name);
    const key = record && toChannelKey(name, record.generation);
    const largestTs = (key && this.#table.find(key)?.content.largestTs) ?? 0;
    await this.#catalog.delete(name, largestTs);
  }

  #infoOf(name: ChannelName, record: ChannelRecord): Api.ChannelInfo {
    const key = toChannelKey(name, record.generation);
    return toChannelInfo(name, {
      record,
      members: [...this.#registry.members(key)],
      content: this.#table.get(key).content,
      listeners: this.#listeners.count(key),
    });
  }
}
