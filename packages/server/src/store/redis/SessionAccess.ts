import type { ChannelParts } from "./ChannelParts.ts";
import type { StoreKeys } from "./keys.ts";
import type { RedisConnection } from "./RedisConnection.ts";
import type { StoreLife } from "./StoreLife.ts";
import type { WrittenNotes } from "./WrittenNotes.ts";

/** What the operations of an opened store work on. */
export interface SessionAccess {
  /** The one connection for everything that writes, so that writes arrive in order. */
  readonly writes: RedisConnection;
  /** For reading logs, so that large pages do not hold up writes. */
  readonly reads: RedisConnection;
  readonly keys: StoreKeys;
  readonly parts: ChannelParts;
  readonly notes: WrittenNotes;
  readonly life: StoreLife;
  /** How long a lease runs after it was renewed. */
  readonly leaseMs: number;
}
