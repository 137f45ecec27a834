import type { Verify } from "@dred/core";
import type { Neighborhood, ServerId } from "@dred/protocol";
import type { MetricsText } from "../observe/ServerMetrics.ts";
import type { Clock } from "../replica/ports/Clock.ts";
import type { Hash } from "../replica/ports/Hash.ts";
import type { Log } from "../replica/ports/Log.ts";
import type { Replica } from "../replica/Replica.ts";
import type { ListenStreams } from "./streams/ListenStreams.ts";

/** What the HTTP calls of one server work with. */
export interface HttpContext {
  readonly serverId: ServerId;
  readonly neighborhood: Neighborhood;
  readonly version: string;
  /** Who shows it may delete channels without an owner, and hosts; without one everybody may. */
  readonly adminToken: string | undefined;
  /** @throws DredError `not-ready`, `store-fenced` while there is none. */
  replica(): Replica;
  readonly streams: ListenStreams;
  metrics(): Promise<MetricsText>;
  readonly verify: Verify;
  readonly clock: Clock;
  readonly hash: Hash;
  readonly log: Log;
}
