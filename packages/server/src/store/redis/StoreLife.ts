import type { Epoch, OriginId } from "@dred/protocol";

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
