import { DredError } from "@dred/protocol";
import type { HostPool } from "../hosts/HostPool.ts";
import { backoffDelayMs } from "../time/backoff.ts";
import { LinkedAbort } from "../time/LinkedAbort.ts";
import { wait } from "../time/wait.ts";
import { callHost } from "./callHost.ts";
import type { Call, CallContext } from "./callHost.ts";

export interface PoolContext extends CallContext {
  readonly pool: HostPool;
  /** For all attempts together. */
  readonly deadlineMs: number;
}

/**
 * Calls the best host, and when it cannot be reached, is too slow or answers 5xx, the next, until
 * one has answered or the deadline has passed. What one host refuses (4xx) is never asked again.
 *
 * An attempt whose answer was lost may have been carried out, so the call must be one that can be
 * repeated: a post is, by its ocid.
 *
 * @throws DredError with the server's code; `host-unreachable` when none answered in time; or
 *   `signal.reason`.
 */
export async function callAnyHost(call: Call, context: PoolContext): Promise<unknown> {
  const abort = new LinkedAbort([context.signal]);
  const deadline = new DredError(
    "host-unreachable",
    `no host answered within ${context.deadlineMs} ms`,
  );
  const ends = context.clock.now() + context.deadlineMs;
  const cancel = context.clock.after(context.deadlineMs, () => abort.abort(deadline));
  const rounds = { ...context, signal: abort.signal };
  let last = deadline;
  try {
    for (let round = 0; ; round++) {
      await context.pool.known(abort.signal);
      const outcome = await callEach(call, rounds);
      if (outcome.kind === "value") return outcome.value;
      last = outcome.error;
      const delayMs = outcome.retryAfterMs ?? backoffDelayMs(round, context.clock);
      if (context.clock.now() + delayMs >= ends) throw last;
      await wait(delayMs, context.clock, abort.signal);
    }
  } catch (error) {
    throw error === deadline ? last : error;
  } finally {
    cancel();
    abort.release();
  }
}

type Round =
  | { readonly kind: "value"; readonly value: unknown }
  /** No host could; `retryAfterMs` is the shortest wait asked for, if all asked for one. */
  | {
      readonly kind: "failed";
      readonly error: DredError;
      readonly retryAfterMs: number | undefined;
    };

/** One round over the hosts, best first. @throws DredError what a host refused. */
async function callEach(call: Call, context: PoolContext): Promise<Round> {
  let error = new DredError("host-unreachable", "no host is known");
  const waits: (number | undefined)[] = [];
  for (const { url } of context.pool.ordered()) {
    const answer = await callHost(url, call, context);
    if (answer.kind === "failed") {
      context.pool.failed(url, answer.error.detail);
      error = answer.error;
      waits.push(answer.retryAfterMs);
      continue;
    }
    context.pool.succeeded(url, answer.latencyMs);
    if (answer.kind === "refused") throw answer.error;
    return { kind: "value", value: answer.value };
  }
  const asked = waits.filter((ms) => ms !== undefined);
  const areAll = asked.length > 0 && asked.length === waits.length;
  return { kind: "failed", error, retryAfterMs: areAll ? Math.min(...asked) : undefined };
}
