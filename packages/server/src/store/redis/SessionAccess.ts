import type { Epoch, OriginId } from "@dred/protocol";
import type { ChannelParts } from "./ChannelParts.ts";
import type { StoreKeys } from "./keys.ts";
import type { RedisConnection } from "./RedisConnection.ts";

/** What the operations of an opened store work on. */
export interface SessionAccess {
  /** The one connection for everything that writes, so that writes arrive in order. */
  readonly writes: RedisConnection;
  /** For reading logs, so that large pages do not hold up writes. */
  readonly reads: RedisConnection;
  readonly keys: StoreKeys;
  readonly parts: ChannelParts;
  readonly life: StoreLife;
  /** How long a lease runs after it was renewed. */
  readonly leaseMs: number;
}

/** Which life of the store a session was opened on: what the scripts compare with. */
export interface StoreLife {
  readonly storeId: string;
  readonly epoch: Epoch;
  /** `serverId.epoch`: the origin that this epoch writes. */
  readonly origin: OriginId;
  /** The process that holds the lease. */
  readonly owner: string;
  /** Redis's replication id at open. */
  readonly replid: string;
}
