import { channelField, firstGeneration, memberField } from "@dred/core";
import type { ChannelRecord } from "@dred/core";
import { DredError, generationOf, toChannelKey } from "@dred/protocol";
import type { ChannelKey, ChannelName } from "@dred/protocol";
import type { ChannelSettings, Member } from "../Replica.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import type { Registry } from "./Registry.ts";

/** How long after its time an expired channel is kept in the registry, hidden. */
const EXPIRY_GRACE_MS = 10_000;

/** The channels of the neighborhood as the registry tells: names, generations, life. */
export class ChannelCatalog {
  readonly #context: ReplicaContext;
  readonly #registry: Registry;

  constructor(context: ReplicaContext, registry: Registry) {
    this.#context = context;
    this.#registry = registry;
  }

  /** The record of a channel that is not deleted; it may have expired. */
  find(name: ChannelName): ChannelRecord | undefined {
    const record = this.#registry.channel(name);
    return record?.isDeleted === false ? record : undefined;
  }

  /** The channel that can be posted to and listened to, or undefined. */
  keyOf(name: ChannelName): ChannelKey | undefined {
    const record = this.find(name);
    if (record === undefined || this.#isExpired(record, 0)) return undefined;
    return toChannelKey(name, record.generation);
  }

  /** Whether entries of this generation are still wanted: it is not known to be deleted. */
  isWanted(name: ChannelName, key: ChannelKey): boolean {
    const record = this.#registry.channel(name);
    if (record === undefined) return true;
    const generation = generationOf(key);
    return (
      generation > record.generation || (generation === record.generation && !record.isDeleted)
    );
  }

  *names(): IterableIterator<ChannelName> {
    for (const name of this.#registry.channelNames()) {
      if (!name.startsWith("_") && this.keyOf(name) !== undefined) yield name;
    }
  }

  /** @throws DredError `channel-exists`. */
  async create(name: ChannelName, { options }: ChannelSettings): Promise<ChannelRecord> {
    await this.#registry.update(() => {
      const present = this.#registry.channel(name);
      if (present?.isDeleted === false) {
        throw new DredError("channel-exists", "channel already exists");
      }
      const floorTs = present === undefined ? 0 : Math.max(present.updated.ts, present.floorTs);
      const created = this.#registry.stamp(floorTs);
      const generation =
        present === undefined
          ? firstGeneration(this.#registry.hosts().values())
          : present.generation + 1;
      const record = { kind: "channel", generation, isDeleted: false, floorTs, options } as const;
      return [[channelField(name), { ...record, created, updated: created }]];
    });
    const record = this.find(name);
    if (record === undefined) throw new DredError("channel-not-found", "channel not found");
    return record;
  }

  /**
   * Writes the tombstone. @param largestTs The largest ts held of the channel: the next
   * generation begins above it. @throws DredError `channel-not-found`.
   */
  async delete(name: ChannelName, largestTs: number): Promise<void> {
    await this.#registry.update(() => {
      const record = this.find(name);
      if (record === undefined) throw new DredError("channel-not-found", "channel not found");
      const updated = this.#registry.stamp(Math.max(largestTs, record.updated.ts));
      return [[channelField(name), { ...record, isDeleted: true, updated }]];
    });
  }

  /** @throws DredError `channel-not-found`. */
  async putMember(name: ChannelName, member: Member): Promise<void> {
    await this.#registry.update(() => {
      const record = this.find(name);
      if (record === undefined) throw new DredError("channel-not-found", "channel not found");
      const key = toChannelKey(name, record.generation);
      const present = this.#registry.member(key, member.id);
      if (present?.state === member.state) return [];
      const updated = this.#registry.stamp(present?.updated.ts);
      return [[memberField(key, member.id), { kind: "member", updated, state: member.state }]];
    });
  }

  /** Channels whose time has passed: their tombstones are to be written. */
  expired(): ChannelName[] {
    const names: ChannelName[] = [];
    for (const name of this.#registry.channelNames()) {
      const record = this.find(name);
      if (record !== undefined && this.#isExpired(record, EXPIRY_GRACE_MS)) names.push(name);
    }
    return names;
  }

  #isExpired(record: ChannelRecord, graceMs: number): boolean {
    const { expiresAt } = record.options;
    return expiresAt !== undefined && expiresAt + graceMs <= this.#context.stampNowMs();
  }
}
