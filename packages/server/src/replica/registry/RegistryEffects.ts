import { parseField } from "@dred/core";
import type { ChannelRecord, HostRecord } from "@dred/core";
import { channelNameOf, compareEpochs, parseChannelName, toChannelKey } from "@dred/protocol";
import type {
  ChannelKey,
  ChannelName,
  Epoch,
  OriginId,
  RegistryRecord,
  ServerId,
} from "@dred/protocol";
import type { Acquaintance } from "../Acquaintance.ts";
import type { ChannelTable } from "../ChannelTable.ts";
import type { PeerLinks } from "../links/PeerLinks.ts";
import type { ListenerTable } from "../listening/ListenerTable.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import { announceHost } from "./announceHost.ts";
import type { ChannelCatalog } from "./ChannelCatalog.ts";
import type { Registry, RegistryChange } from "./Registry.ts";

const CHANS = parseChannelName("_chans");
const HOSTS = parseChannelName("_hosts");

export interface RegistryEffectsParts {
  readonly registry: Registry;
  readonly catalog: ChannelCatalog;
  readonly table: ChannelTable;
  readonly listeners: ListenerTable;
  readonly links: PeerLinks;
  readonly acquaintance: Acquaintance;
}

/** What a change of the registry does here: channels open and close, hosts are dialled. */
export class RegistryEffects {
  readonly #context: ReplicaContext;
  readonly #parts: RegistryEffectsParts;
  /** The largest ts held of a channel when its generation was deleted here. */
  readonly #floors = new Map<ChannelName, number>();
  #told: Promise<void> = Promise.resolve();

  constructor(context: ReplicaContext, parts: RegistryEffectsParts) {
    this.#context = context;
    this.#parts = parts;
  }

  start(): void {
    this.#parts.registry.onChange((changes, records) => {
      this.#tell(records);
      for (const change of changes) this.#apply(change);
    });
  }

  /** Resolves when the connected peers have the changes made so far, or after 500 ms. */
  told(): Promise<void> {
    return this.#told;
  }

  /** Every ts of the channel's next generation is larger than this. */
  floorOf(name: ChannelName): number {
    return this.#floors.get(name) ?? 0;
  }

  #tell(records: readonly RegistryRecord[]): void {
    this.#told = this.#parts.links.tell(records);
  }

  #apply({ field, before, after }: RegistryChange): void {
    const parsed = parseField(field);
    if (parsed.kind === "channel" && after.kind === "channel") {
      this.#channelChanged(parsed.name, before?.kind === "channel" ? before : undefined, after);
    } else if (parsed.kind === "host" && after.kind === "host") {
      this.#hostChanged(parsed.id, before?.kind === "host" ? before : undefined, after);
    } else if (parsed.kind === "cut") this.#cut(parsed.channel, parsed.origin);
  }

  #channelChanged(
    name: ChannelName,
    before: ChannelRecord | undefined,
    after: ChannelRecord,
  ): void {
    const isSame = before?.generation === after.generation && before.isDeleted === after.isDeleted;
    if (before?.isDeleted === false && !isSame) this.#tellEnd(name, before.generation);
    for (const key of this.#parts.table.generationsOf(name)) {
      if (!this.#parts.catalog.isWanted(name, key)) this.#drop(name, key);
    }
    if (after.isDeleted) return;
    const { options, generation, floorTs } = after;
    const key = toChannelKey(name, generation);
    const floor = Math.max(floorTs, this.floorOf(name));
    this.#parts.table.get(key).configure(options, floor);
    if (isSame) return;
    this.#context.log.flow("channel created", { channel: key });
    this.#parts.listeners.created(name);
    this.#parts.listeners.notify(CHANS, { type: "chanCreated", channel: name, options });
  }

  /** What was given up is dead from now on; what waited for it is tried again at once. */
  #cut(key: ChannelKey, origin: OriginId): void {
    if (!this.#parts.catalog.isWanted(channelNameOf(key), key)) return;
    this.#context.log.warn("a gap was accepted by an operator", { channel: key, origin });
    this.#parts.table.get(key).life.cut(this.#parts.registry.cuts(key));
    this.#parts.links.parked.forgive(key, origin);
  }

  #tellEnd(name: ChannelName, generation: number): void {
    this.#context.log.flow("channel deleted", { channel: toChannelKey(name, generation) });
    this.#parts.listeners.deleted(name);
    this.#parts.listeners.notify(CHANS, { type: "chanDeleted", channel: name });
  }

  /** Also a generation of which entries came before the registry, and then at once its end. */
  #drop(name: ChannelName, key: ChannelKey): void {
    const largestTs = this.#parts.table.find(key)?.content.largestTs ?? 0;
    this.#floors.set(name, Math.max(this.floorOf(name), largestTs));
    this.#parts.table.drop(key);
    this.#parts.links.parked.drop(key);
    this.#context.session.dropChannel(key, this.#context).catch((error: unknown) => {
      // Not wanted by the registry: it is dropped when the store is opened next.
      this.#context.log.warn("a deleted channel is removed later", { channel: key, error });
    });
  }

  #hostChanged(id: ServerId, before: HostRecord | undefined, after: HostRecord): void {
    if (after.isRemoved) return this.#hostRemoved(id, after);
    if (!this.#isOutdated(id, after)) {
      this.#parts.acquaintance.hosts.set(id, after.url);
      this.#parts.links.dialling.learn(id, after.url);
    }
    if (before !== undefined && !before.isRemoved && before.url === after.url) return;
    this.#parts.listeners.notify(HOSTS, { type: "hostAdded", host: id, url: after.url });
  }

  /** The server itself is linked, in a later epoch, and said where it is when it dialled us. */
  #isOutdated(id: ServerId, { epoch }: HostRecord): boolean {
    const linked = this.#parts.links.serving.get(id)?.hello.epoch;
    return linked !== undefined && compareEpochs(linked, epoch as Epoch) > 0;
  }

  #hostRemoved(id: ServerId, { updated }: HostRecord): void {
    if (id === this.#context.identity.serverId) return this.#selfRemoved(updated.ts);
    this.#parts.acquaintance.hosts.delete(id);
    this.#parts.links.dialling.forget(id);
    this.#parts.listeners.notify(HOSTS, { type: "hostRemoved", host: id });
  }

  /** Removed while it was away, it was started again since, and that is how a server rejoins. */
  #selfRemoved(ts: number): void {
    const { log } = this.#context;
    if (ts < this.#startedTs()) {
      log.info("this server was removed while it was away, and rejoins");
      announceHost(this.#context, this.#parts.registry).catch((error: unknown) => {
        if (!this.#context.signal.aborted) log.error("this server could not rejoin", { error });
      });
      return;
    }
    const detail = "this server was removed from its neighborhood; start it again to rejoin";
    this.#context.fail({ reason: "refused", detail });
  }

  /** By the neighborhood's time as it is known now, not as it was when nobody was linked. */
  #startedTs(): number {
    const { clock, openedMs } = this.#context;
    return (this.#context.stampNowMs() - (clock.steady() - openedMs)) * 1000;
  }
}
