import { randomBytes } from "node:crypto";
import { toOriginId } from "@dred/protocol";
import type { Clock } from "../../replica/ports/Clock.ts";
import type { Log } from "../../replica/ports/Log.ts";
import type { CallOptions, OpenRequest, Store, StoreSession } from "../../replica/ports/Store.ts";
import { ChannelParts } from "./ChannelParts.ts";
import { createKeys } from "./keys.ts";
import { monitorCommands } from "./monitorCommands.ts";
import { RedisConnection } from "./RedisConnection.ts";
import { RedisSession } from "./RedisSession.ts";
import { checkServer } from "./serverChecks.ts";
import type { StoreLife } from "./StoreLife.ts";
import { stampStore } from "./stampStore.ts";
import { takeLease } from "./takeLease.ts";
import type { TakenLease } from "./takeLease.ts";
import { WrittenNotes } from "./WrittenNotes.ts";

export interface RedisStoreOptions {
  /** `redis://[user:password@]host:port/DATABASE`, or `rediss:` for TLS. */
  readonly url: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Prints every command on this database to standard output; for development. */
  readonly isMonitored?: boolean;
  /** The longest wait for a reply of Redis; 5,000 unless given. */
  readonly deadlineMs?: number;
  /** How long a lease runs after it was renewed; 5,000 unless given. */
  readonly leaseMs?: number;
}

const DEADLINE_MS = 5_000;
const LEASE_MS = 5_000;

/**
 * A store in one numbered database of a Redis (or Valkey) 7 or later. It connects at once and for
 * ever again when the connection breaks; whether that works shows when it is opened.
 *
 * Everything that writes goes over one connection, in the order of the calls. What may be true
 * after a failure, and what each key holds, stands in `keys.ts` and in the scripts' headers.
 */
export function createRedisStore(options: RedisStoreOptions): Store {
  return new RedisStore(options);
}

class RedisStore implements Store {
  readonly #options: RedisStoreOptions;
  readonly #writes: RedisConnection;
  readonly #reads: RedisConnection;
  readonly #monitor: { close(): void } | undefined;

  constructor(options: RedisStoreOptions) {
    this.#options = options;
    const { url, clock, log, deadlineMs = DEADLINE_MS } = options;
    this.#writes = new RedisConnection({ url, name: "writes", deadlineMs, clock, log });
    this.#reads = new RedisConnection({ url, name: "reads", deadlineMs, clock, log });
    if (options.isMonitored === true) {
      this.#monitor = monitorCommands(url, (line) => process.stdout.write(`${line}\n`));
    }
  }

  async open(request: OpenRequest, options: CallOptions): Promise<StoreSession> {
    await Promise.all([this.#writes.ready(options), this.#reads.ready(options)]);
    await checkServer(this.#writes, this.#options.log, options);
    const keys = createKeys(request.neighborhood);
    const { clock, log, leaseMs = LEASE_MS } = this.#options;
    const { serverId, instance } = request;
    const lease = await takeLease(
      this.#writes,
      { key: keys.server, serverId, instance, leaseMs, clock },
      options,
    );
    const life = lifeOf(lease, request);
    await stampStore({ writes: this.#writes, keys }, life, options);
    const parts = await ChannelParts.scan(this.#writes, keys, options);
    const connections = { writes: this.#writes, reads: this.#reads };
    const notes = new WrittenNotes(this.#writes, keys, life);
    return new RedisSession({ ...connections, keys, parts, notes, life, leaseMs }, { clock, log });
  }

  close(): Promise<void> {
    this.#monitor?.close();
    this.#writes.close();
    this.#reads.close();
    return Promise.resolve();
  }
}

/** R2: the epoch goes on only where nothing can have been forgotten. */
function lifeOf(lease: TakenLease, request: OpenRequest): StoreLife {
  const { storeId, epoch, replid, stampedReplid } = lease;
  const isUnbroken = storeId !== undefined && stampedReplid === replid && !request.isEpochLost;
  const present = isUnbroken && epoch !== undefined ? epoch : request.mintEpoch(epoch);
  return {
    storeId: storeId ?? randomBytes(8).toString("hex"),
    epoch: present,
    origin: toOriginId(request.serverId, present),
    owner: request.instance,
    replid,
  };
}
