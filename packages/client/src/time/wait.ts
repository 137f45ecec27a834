import { abortReason } from "./abortReason.ts";
import type { ClientClock } from "./ClientClock.ts";

/** Resolves after `delayMs`. @throws `signal.reason` as soon as it is aborted. */
export function wait(delayMs: number, clock: ClientClock, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(abortReason(signal));
      return;
    }
    const cancel = clock.after(delayMs, () => {
      signal.removeEventListener("abort", stop);
      resolve();
    });
    const stop = (): void => {
      cancel();
      reject(abortReason(signal));
    };
    signal.addEventListener("abort", stop, { once: true });
  });
}
