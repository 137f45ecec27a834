import { DredError } from "@dred/protocol";
import type { ClientClock } from "../time/ClientClock.ts";
import { LinkedAbort } from "../time/LinkedAbort.ts";
import { toDredError } from "./toDredError.ts";

/** One HTTP call, the same for every host. */
export interface Call {
  readonly method: "GET" | "POST" | "DELETE";
  /** With its query. */
  readonly path: string;
  /** JSON text. */
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How long one host may take. */
  readonly attemptMs: number;
}

export interface CallContext {
  readonly clock: ClientClock;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
}

/** How one host answered: with a value, or in a way that says something of the host. */
export type Answer =
  | { readonly kind: "value"; readonly value: unknown; readonly latencyMs: number }
  /** The request itself is wrong: no host will take it. */
  | { readonly kind: "refused"; readonly error: DredError; readonly latencyMs: number }
  /** This host cannot do it now; whether it did something is not known. */
  | { readonly kind: "failed"; readonly error: DredError; readonly retryAfterMs?: number };

/** Calls one host once. @throws `signal.reason`, and nothing else. */
export async function callHost(url: string, call: Call, context: CallContext): Promise<Answer> {
  const abort = new LinkedAbort([context.signal]);
  const tooSlow = new Error(`no answer within ${call.attemptMs} ms`);
  const cancel = context.clock.after(call.attemptMs, () => abort.abort(tooSlow));
  const sent = context.clock.now();
  try {
    const response = await context.fetch(url + call.path, toInit(call, abort.signal));
    const text = await response.text();
    return toAnswer(url, response, text, context.clock.now() - sent);
  } catch (cause) {
    context.signal.throwIfAborted();
    return { kind: "failed", error: unreachable(url, abort.signal.aborted ? tooSlow : cause) };
  } finally {
    cancel();
    abort.release();
  }
}

/** What a failed `fetch` says of a host, as a sentence. */
export function unreachable(url: string, cause: unknown): DredError {
  return new DredError("host-unreachable", `${url} cannot be reached: ${sentenceOf(cause)}`, {
    cause,
  });
}

function toInit(call: Call, signal: AbortSignal): RequestInit {
  const headers = { ...call.headers };
  if (call.body === undefined) return { method: call.method, headers, signal };
  headers["content-type"] = "application/json";
  return { method: call.method, headers, signal, body: call.body };
}

function toAnswer(url: string, response: Response, text: string, latencyMs: number): Answer {
  if (response.status >= 500) {
    const error = toDredError(response.status, text);
    const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
    return { kind: "failed", error, ...(seconds >= 0 ? { retryAfterMs: seconds * 1000 } : {}) };
  }
  if (!response.ok)
    return { kind: "refused", error: toDredError(response.status, text), latencyMs };
  try {
    const value: unknown = JSON.parse(text);
    return { kind: "value", value, latencyMs };
  } catch (cause) {
    const error = new DredError("host-unreachable", `${url} is no server of Dred`, { cause });
    return { kind: "failed", error };
  }
}

/** `fetch` says only "fetch failed"; what happened stands in its causes. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.cause instanceof Error) return sentenceOf(error.cause);
  return error.message === "" ? error.name : error.message;
}
