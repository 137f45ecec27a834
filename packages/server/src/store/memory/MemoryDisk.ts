import type { ChannelKey, Epoch, Neighborhood, ServerId } from "@dred/protocol";
import { DiskChannel } from "./DiskChannel.ts";
import type { DiskStamp } from "./DiskChannel.ts";

/** Whose store it is, and which life of it: what `{server}:id` is in Redis. */
export interface DiskOwner {
  readonly serverId: ServerId;
  /** The process that holds the lease, until `leaseUntil` (ms). */
  readonly instance: string;
  readonly leaseUntil: number;
  readonly storeId: string;
  readonly epoch: Epoch;
  readonly replid: string;
}

/** What one neighborhood has on a disk. */
export class DiskArea {
  owner: DiskOwner | undefined;
  /** In which channels which epoch wrote last. */
  wrote = new Map<ChannelKey, Epoch>();
  registryStamp: DiskStamp | undefined;
  registry = new Map<string, string>();
  channels = new Map<ChannelKey, DiskChannel>();

  channel(key: ChannelKey): DiskChannel {
    let channel = this.channels.get(key);
    if (channel === undefined) {
      channel = new DiskChannel();
      this.channels.set(key, channel);
    }
    return channel;
  }

  /** Its key is deleted. */
  loseRegistry(): void {
    this.registryStamp = undefined;
    this.registry = new Map();
  }

  copy(): DiskArea {
    const copy = new DiskArea();
    copy.owner = this.owner;
    copy.wrote = new Map(this.wrote);
    copy.registryStamp = this.registryStamp;
    copy.registry = new Map(this.registry);
    copy.channels = new Map([...this.channels].map(([key, channel]) => [key, channel.copy()]));
    return copy;
  }
}

/** The operations of a session that a fault can meet. */
export type DiskOperation =
  | "open"
  | "renew"
  | "channels"
  | "openChannel"
  | "noteWritten"
  | "commit"
  | "reindex"
  | "settleIndex"
  | "shorten"
  | "skip"
  | "range"
  | "trim"
  | "dropChannel"
  | "loadRegistry"
  | "writeRegistry";

/**
 * What happens to one operation instead: it never arrives; it is carried out and its reply lost;
 * there is no memory; or its script dies.
 */
export type DiskFault = "none" | "unreachable" | "reply-lost" | "full" | DyingScript;

/** A script that dies before one of its writes; one that makes fewer is carried out. */
interface DyingScript {
  /** How many writes it makes before. */
  readonly diesAfter: number;
}

/** Everything that a disk held at one moment. */
export interface DiskSnapshot {
  readonly areas: ReadonlyMap<Neighborhood, DiskArea>;
}

/**
 * What a memory store writes to: it outlives the store, so that a simulated server can be started
 * again on it, and everything that can happen to a Redis can happen to it.
 */
export class MemoryDisk {
  /** While false, every operation fails with `store-unavailable`. */
  isReachable = true;
  /** How long each operation takes. */
  delayMs = 0;
  /** What a session says that it may use; nothing refuses more. */
  limitBytes = Number.POSITIVE_INFINITY;
  /** Told before everything of a channel is removed. */
  dropping: () => void = () => undefined;
  /** Asked once for every operation. */
  faultOf: (operation: DiskOperation) => DiskFault = () => "none";
  #lives = 1;
  #areas = new Map<Neighborhood, DiskArea>();

  /** Changes whenever the disk may have forgotten something. */
  get replid(): string {
    return `memory-${this.#lives}`;
  }

  area(neighborhood: Neighborhood): DiskArea {
    let area = this.#areas.get(neighborhood);
    if (area === undefined) {
      area = new DiskArea();
      this.#areas.set(neighborhood, area);
    }
    return area;
  }

  /** A restart or failover that lost nothing, which nobody can know. */
  changeReplid(): void {
    this.#lives++;
  }

  /** Empties it; the replication id stays, as with FLUSHALL. */
  flush(): void {
    this.#areas = new Map();
  }

  /** Takes time in proportion to what is stored. */
  snapshot(): DiskSnapshot {
    return { areas: copyAreas(this.#areas) };
  }

  /** Everything since the snapshot is forgotten, under another replication id. */
  restore(snapshot: DiskSnapshot): void {
    this.#areas = copyAreas(snapshot.areas);
    this.changeReplid();
  }
}

function copyAreas(areas: ReadonlyMap<Neighborhood, DiskArea>): Map<Neighborhood, DiskArea> {
  return new Map([...areas].map(([neighborhood, area]) => [neighborhood, area.copy()]));
}
