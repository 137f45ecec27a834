import type { ClientClock } from "../time/ClientClock.ts";
import { LinkedAbort } from "../time/LinkedAbort.ts";

const ANSWER_MS_MAX = 1_000;

export interface ProbeContext {
  readonly clock: ClientClock;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
}

/** Whether `GET url` is answered with success within a second. @throws `signal.reason`. */
export async function probeHost(url: string, context: ProbeContext): Promise<boolean> {
  const abort = new LinkedAbort([context.signal]);
  const cancel = context.clock.after(ANSWER_MS_MAX, () => abort.abort(new Error("too slow")));
  try {
    const response = await context.fetch(url, { signal: abort.signal });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    context.signal.throwIfAborted();
    return false;
  } finally {
    cancel();
    abort.release();
  }
}
