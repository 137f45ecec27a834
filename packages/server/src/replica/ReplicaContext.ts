import type { Neighborhood, OriginId, ServerId } from "@dred/protocol";
import type { Clock, Random } from "./ports/Clock.ts";
import type { Hash } from "./ports/Hash.ts";
import type { Log } from "./ports/Log.ts";
import type { StoreSession } from "./ports/Store.ts";
import type { ReplicaEnd } from "./Replica.ts";
import type { ReplicaCounts } from "./ReplicaCounts.ts";

export interface ServerIdentity {
  readonly neighborhood: Neighborhood;
  readonly serverId: ServerId;
  /** Where clients and peers reach this server. */
  readonly url: string;
  readonly version: string;
}

/** What all parts of one replica share during its epoch. */
export interface ReplicaContext {
  readonly identity: ServerIdentity;
  /** Random, one for each start of the process. */
  readonly instance: string;
  readonly origin: OriginId;
  readonly session: StoreSession;
  readonly clock: Clock;
  readonly random: Random;
  readonly hash: Hash;
  readonly log: Log;
  readonly counts: ReplicaCounts;
  /** When the replica was opened, by the steady time. */
  readonly openedMs: number;
  /** The time to stamp and to judge life by, ms: our clock's, bounded by the neighborhood's. */
  stampNowMs(): number;
  /** The neighborhood's secret; without one only peers on this machine are accepted. */
  readonly secret: string | undefined;
  /** Aborted when the replica ends, by a DredError for whoever asked: all waits and loops stop. */
  readonly signal: AbortSignal;
  /** Ends the replica; the first reason counts. */
  fail(end: ReplicaEnd): void;
}
