import { DredError } from "@dred/protocol";
import { createClient } from "redis";
import type { Clock } from "../../replica/ports/Clock.ts";
import type { Log } from "../../replica/ports/Log.ts";
import type { CallOptions } from "../../replica/ports/Store.ts";
import type { Script } from "./scripts.ts";
import { isUnknownScript, toStoreError } from "./storeFailure.ts";

export interface RedisConnectionOptions {
  readonly url: string;
  /** What it is for, in the log: `writes`. */
  readonly name: string;
  /** The longest wait for one reply, and for the connection to be usable. */
  readonly deadlineMs: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** A connection that hears nothing for this long is half-open: it is opened again. */
const SILENCE_MS_MAX = 10_000;
const PING_INTERVAL_MS = 3_000;
const RECONNECT_MS_MAX = 2_000;
/** Calls that may wait for a reply; beyond it they fail at once. */
const CALLS_MAX = 10_000;

type Client = ReturnType<typeof openClient>;

/**
 * One connection to Redis on which calls are sent and answered in order. It is opened again for
 * ever when it breaks, but nothing is ever sent twice: a call whose reply did not come fails with
 * `store-unavailable`, and its outcome is unknown.
 *
 * A call that gets no reply before its deadline ends the connection, because one that is half-open
 * looks the same as a slow server. The call may still be carried out afterwards, even behind a call
 * on the next connection; so every write compares before it writes.
 */
export class RedisConnection {
  readonly #options: RedisConnectionOptions;
  #client: Client;
  #isClosed = false;
  #isLost = false;
  #lastFailure: unknown = new Error("not connected yet");
  readonly #waiting = new Set<() => void>();

  constructor(options: RedisConnectionOptions) {
    this.#options = options;
    this.#client = this.#connect();
  }

  /** Resolves when the connection is usable. @throws DredError, after the deadline. */
  async ready(options: CallOptions): Promise<void> {
    if (this.#client.isReady) return;
    let wake: () => void = () => undefined;
    const usable = new Promise<void>((resolve) => {
      wake = resolve;
      this.#waiting.add(wake);
    });
    const late = (): DredError => toStoreError(this.#lastFailure, "connecting to Redis");
    try {
      await this.#within(usable, { ...options, late });
    } finally {
      this.#waiting.delete(wake);
    }
  }

  /**
   * Sends one command and gives its reply in RESP2.
   *
   * @param what The call, for people.
   * @throws DredError with a code of the Store port; `signal.reason` when cancelled.
   */
  async send(what: string, command: readonly string[], options: CallOptions): Promise<unknown> {
    try {
      return await this.#sendRaw(what, command, options);
    } catch (cause) {
      if (options.signal.aborted) throw cause;
      throw toStoreError(cause, what);
    }
  }

  /** Runs a script; loads it first where Redis does not know it, which runs nothing. */
  async run(call: ScriptCall, options: CallOptions): Promise<unknown> {
    const { script, keys, args } = call;
    const command = ["EVALSHA", script.sha, String(keys.length), ...keys, ...args];
    try {
      return await this.#sendRaw(script.name, command, options);
    } catch (cause) {
      if (options.signal.aborted) throw cause;
      if (!isUnknownScript(cause)) throw toStoreError(cause, script.name);
    }
    await this.send(`loading ${script.name}`, ["SCRIPT", "LOAD", script.text], options);
    return this.send(script.name, command, options);
  }

  /** Calls that still wait are rejected. Idempotent. */
  close(): void {
    this.#isClosed = true;
    this.#client.destroy();
  }

  async #sendRaw(
    what: string,
    command: readonly string[],
    { signal }: CallOptions,
  ): Promise<unknown> {
    signal.throwIfAborted();
    const client = this.#client;
    const late = (): DredError => {
      this.#replace(client);
      const sentence = `${what} got no reply within ${this.#options.deadlineMs} ms`;
      return new DredError("store-unavailable", `${sentence}; its outcome is unknown`);
    };
    return this.#within(client.sendCommand<unknown>(command), { signal, late });
  }

  /** The promise's outcome, or `late()` after the deadline, or the signal's reason. */
  #within<Value>(
    promise: Promise<Value>,
    { signal, late }: CallOptions & { late: () => DredError },
  ): Promise<Value> {
    return new Promise<Value>((resolve, reject) => {
      const onAbort = (): void => settle(() => reject(signal.reason as Error));
      const cancelTimer = this.#options.clock.after(this.#options.deadlineMs, () => {
        settle(() => reject(late()));
      });
      const settle = (act: () => void): void => {
        cancelTimer();
        signal.removeEventListener("abort", onAbort);
        act();
      };
      signal.addEventListener("abort", onAbort, { once: true });
      promise.then(
        (value) => settle(() => resolve(value)),
        (cause: unknown) => settle(() => reject(cause as Error)),
      );
    });
  }

  #replace(client: Client): void {
    if (this.#isClosed || client !== this.#client) return;
    this.#lose(new Error("no reply within the deadline"));
    client.destroy();
    this.#client = this.#connect();
  }

  #connect(): Client {
    const client = openClient(this.#options.url);
    client.on("error", (cause) => {
      if (client === this.#client) this.#lose(cause);
    });
    client.on("ready", () => {
      if (client === this.#client) this.#gain();
    });
    // It only rejects when it is closed meanwhile; what failed comes as an event. What is given up
    // while its socket is being opened is connected all the same, and would keep the process alive.
    const isWanted = (): boolean => !this.#isClosed && client === this.#client;
    client.connect().then(
      () => isWanted() || client.destroy(),
      () => undefined,
    );
    return client;
  }

  #lose(cause: unknown): void {
    this.#lastFailure = cause;
    if (this.#isLost || this.#isClosed) return;
    this.#isLost = true;
    const reason = cause instanceof Error ? cause.message : String(cause);
    this.#options.log.warn("Redis cannot be reached", { connection: this.#options.name, reason });
  }

  #gain(): void {
    if (this.#isLost) this.#options.log.info("Redis is back", { connection: this.#options.name });
    this.#isLost = false;
    for (const wake of this.#waiting) wake();
  }
}

/** What is run, and on what; `keys` and `args` as the script's header says. */
export interface ScriptCall {
  readonly script: Script;
  readonly keys: readonly string[];
  readonly args: readonly string[];
}

function openClient(url: string) {
  return createClient({
    url,
    RESP: 2,
    disableOfflineQueue: true,
    commandsQueueMaxLength: CALLS_MAX,
    // The library's own deadline ends when a command is written; ours covers the reply.
    commandOptions: { timeout: 0 },
    disableClientInfo: true,
    maintNotifications: "disabled",
    pingInterval: PING_INTERVAL_MS,
    socket: {
      connectTimeout: 5_000,
      socketTimeout: SILENCE_MS_MAX,
      reconnectStrategy: (retries) =>
        10 + Math.random() * Math.min(RECONNECT_MS_MAX, 50 * 2 ** Math.min(retries, 10)),
    },
  });
}
