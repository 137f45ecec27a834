import { backoffDelayMs } from "@dred/core";
import type { BackoffLimits } from "@dred/core";
import type { Clock, Random } from "./ports/Clock.ts";

export interface SupervisedLoop {
  readonly clock: Clock;
  readonly random: Random;
  /** Ends the loop. */
  readonly signal: AbortSignal;
  readonly backoff: BackoffLimits;
  /**
   * One life of what is supervised: a connection, a read. Ends by resolving or rejecting,
   * both of which mean "again"; resolving with "done" ends the loop. Call `healthy` when it
   * works, so that the next failure is retried soon.
   */
  run(healthy: () => void): Promise<"again" | "done">;
  /** Told of every rejection, with the number of tries without health before it. */
  failed(error: unknown, attempt: number): void;
}

/** A supervised loop that waits may be told to try again at once. */
export interface Supervision {
  /** Resolves when the loop has ended; never rejects. */
  readonly ended: Promise<void>;
  /** Cuts the present wait short, such as when a peer has just shown that it is alive. */
  wake(): void;
}

/**
 * Runs something with a life again and again until it is done or its signal is aborted,
 * with capped back-off and full jitter between the lives. The only retry loop there is.
 */
export function supervise(loop: SupervisedLoop): Supervision {
  let wakeUp: () => void = () => undefined;
  const pause = (delayMs: number): Promise<void> =>
    new Promise((resolve) => {
      const end = (): void => {
        cancel();
        loop.signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = loop.clock.after(delayMs, end);
      loop.signal.addEventListener("abort", end, { once: true });
      wakeUp = end;
      if (loop.signal.aborted) end();
    });
  const ended = (async (): Promise<void> => {
    let attempt = 0;
    while (!loop.signal.aborted) {
      try {
        if ((await loop.run(() => (attempt = 0))) === "done") return;
      } catch (error) {
        if (!loop.signal.aborted) loop.failed(error, attempt);
      }
      await pause(backoffDelayMs(attempt, loop.backoff, loop.random()));
      attempt++;
    }
  })();
  return { ended, wake: () => wakeUp() };
}
