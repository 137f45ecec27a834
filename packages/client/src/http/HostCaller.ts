import type { HostPool } from "../hosts/HostPool.ts";
import type { ClientClock } from "../time/ClientClock.ts";
import { LinkedAbort } from "../time/LinkedAbort.ts";
import { callAnyHost } from "./callAnyHost.ts";
import type { Call } from "./callHost.ts";

const ATTEMPT_MS = 5_000;

export interface HostCallerOptions {
  readonly pool: HostPool;
  readonly clock: ClientClock;
  readonly fetch: typeof fetch;
  /** Aborted when the client disconnects. */
  readonly signal: AbortSignal;
  readonly adminToken: string | undefined;
  readonly deadlineMs: number;
}

export interface CallOptions extends Omit<Call, "attemptMs"> {
  /** How much longer than 5 s one host may take. */
  readonly extraMs?: number;
  readonly signal?: AbortSignal | undefined;
}

/** Makes the calls of one client. All of them throw what `callAnyHost` does. */
export class HostCaller {
  readonly #options: HostCallerOptions;

  constructor(options: HostCallerOptions) {
    this.#options = options;
  }

  async call({ signal, extraMs = 0, ...call }: CallOptions): Promise<unknown> {
    const { adminToken } = this.#options;
    const abort = new LinkedAbort([this.#options.signal, signal]);
    const headers: Record<string, string> =
      adminToken === undefined ? {} : { authorization: `Bearer ${adminToken}` };
    try {
      return await callAnyHost(
        { headers, ...call, attemptMs: ATTEMPT_MS + extraMs },
        {
          ...this.#options,
          deadlineMs: this.#options.deadlineMs + extraMs,
          signal: abort.signal,
        },
      );
    } finally {
      abort.release();
    }
  }

  async get(path: string): Promise<unknown> {
    return await this.call({ method: "GET", path });
  }

  async post(path: string, body: object): Promise<unknown> {
    return await this.call({ method: "POST", path, body: JSON.stringify(body) });
  }

  async delete(path: string, body?: object): Promise<void> {
    const text = body === undefined ? {} : { body: JSON.stringify(body) };
    await this.call({ method: "DELETE", path, ...text });
  }
}
