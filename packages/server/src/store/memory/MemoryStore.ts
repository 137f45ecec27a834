import { toOriginId } from "@dred/protocol";
import { delay } from "../../replica/delay.ts";
import type { Clock, Random } from "../../replica/ports/Clock.ts";
import type { CallOptions, OpenRequest, Store, StoreSession } from "../../replica/ports/Store.ts";
import { leaseHeld, otherServer } from "../storeRefusal.ts";
import { DiskAccess } from "./DiskAccess.ts";
import type { DiskArea, DiskOwner, MemoryDisk } from "./MemoryDisk.ts";
import { MemorySession } from "./MemorySession.ts";

export interface MemoryStoreOptions {
  /** What is stored; it outlives the store. */
  readonly disk: MemoryDisk;
  readonly clock: Clock;
  readonly random: Random;
  /** How long a lease runs after it was renewed; 5,000 unless given. */
  readonly leaseMs?: number;
}

const LEASE_MS = 5_000;

/**
 * A store in this process, for tests, the simulation, and servers without a Redis. It answers as
 * the Redis store does, fence and lease included, and takes no time but that of its disk.
 */
export function createMemoryStore(options: MemoryStoreOptions): Store {
  return new MemoryStore(options);
}

class MemoryStore implements Store {
  readonly #access: DiskAccess;
  readonly #random: Random;
  readonly #leaseMs: number;

  constructor({ disk, clock, random, leaseMs = LEASE_MS }: MemoryStoreOptions) {
    this.#access = new DiskAccess(disk, clock);
    this.#random = random;
    this.#leaseMs = leaseMs;
  }

  async open(request: OpenRequest, options: CallOptions): Promise<StoreSession> {
    const held = await this.#access.perform("open", options, () => this.#foreignLease(request));
    if (held !== undefined) {
      const remainingMs = held.leaseUntil - this.#access.clock.now();
      await delay(this.#access.clock, Math.min(remainingMs, this.#leaseMs), options.signal);
    }
    return this.#access.perform("open", options, () => {
      const now = this.#foreignLease(request);
      const isRenewed = now?.instance !== held?.instance || now?.leaseUntil !== held?.leaseUntil;
      if (now !== undefined && isRenewed) throw leaseHeld(request.serverId);
      return this.#begin(this.#area(request), request);
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #area({ neighborhood }: OpenRequest): DiskArea {
    return this.#access.disk.area(neighborhood);
  }

  /** Another process's lease that still runs. @throws DredError `store-refused`. */
  #foreignLease(request: OpenRequest): DiskOwner | undefined {
    const { owner } = this.#area(request);
    if (owner === undefined) return undefined;
    if (owner.serverId !== request.serverId) {
      throw otherServer({ owner: owner.serverId, serverId: request.serverId });
    }
    if (owner.instance === request.instance) return undefined;
    return owner.leaseUntil > this.#access.clock.now() ? owner : undefined;
  }

  #begin(area: DiskArea, request: OpenRequest): StoreSession {
    const { serverId, instance, neighborhood } = request;
    const { replid } = this.#access.disk;
    const known = area.owner;
    const isUnbroken = known?.replid === replid && !request.isEpochLost;
    const life = {
      storeId: known?.storeId ?? this.#newStoreId(),
      epoch: isUnbroken ? known.epoch : request.mintEpoch(known?.epoch), // R2
      replid,
    };
    const leaseUntil = this.#access.clock.now() + this.#leaseMs;
    area.owner = { serverId, instance, leaseUntil, ...life };
    area.registryStamp = { epoch: life.epoch, owner: instance, replid };
    const origin = toOriginId(serverId, life.epoch);
    const session = { ...life, origin, owner: instance, neighborhood, leaseMs: this.#leaseMs };
    return new MemorySession(this.#access, session);
  }

  #newStoreId(): string {
    const digit = (): string => Math.floor(this.#random() * 16).toString(16);
    return Array.from({ length: 16 }, digit).join("");
  }
}
