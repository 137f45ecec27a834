import type { ControlLine } from "@dred/protocol";
import type { HostDiscovery } from "./discovery/HostDiscovery.ts";
import type { Since } from "./listening/ListenTarget.ts";
import type { MessageCallback } from "./Subscription.ts";
import type { ClientClock } from "./time/ClientClock.ts";

export interface DredClientOptions {
  /** Which servers there are. */
  readonly discovery: HostDiscovery;
  /** The name of the application's neighborhood. */
  readonly neighborhood?: string;
  /** Takes the messages of channels that were subscribed to by name only. */
  readonly messageHandler?: MessageCallback;
  /** What servers with an `--admin-token` ask for. */
  readonly adminToken?: string;
  /** How long one call may take, over all servers together; default 15,000. */
  readonly deadlineMs?: number;
  /** Time and randomness, for tests. */
  readonly clock?: ClientClock;
  /** Default the platform's. */
  readonly fetch?: typeof fetch;
}

/** A message to post. All fields are kept, but those that only servers write. */
export interface NewMessage {
  readonly type: string;
  readonly msg: string;
  /** The poster's own name for the message, at most 256 characters; made up when absent. */
  readonly ocid?: string;
  readonly [field: string]: unknown;
}

export interface PostOptions {
  /** Waits until so many servers hold the message; default 1. */
  readonly acks?: number;
  /** For how long to wait for them; default 5,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface HistoryOptions {
  /** 1 to 1000, default 100. */
  readonly limit?: number;
  /** A mid, or the `next` of the page before; exclusive. */
  readonly after?: string;
  readonly before?: string;
  /** Default `asc`. */
  readonly order?: "asc" | "desc";
}

export interface ListenOptions {
  /** Where to begin, for all channels that have no `since` of their own; default now. */
  readonly since?: Since;
  /** Ends the stream; its iteration throws `signal.reason`. */
  readonly signal?: AbortSignal;
}

export interface SubscribeOptions extends ListenOptions {
  /** Takes `gap`, `deleted`, `chanCreated` and all other lines that are no messages. */
  readonly onControl?: (line: ControlLine) => unknown;
  /**
   * Takes what a callback threw, and why the subscription ended if it did by itself. Default:
   * thrown on, as by any event handler.
   */
  readonly onError?: (error: unknown) => void;
}
