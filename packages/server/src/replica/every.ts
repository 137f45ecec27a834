import type { ReplicaContext } from "./ReplicaContext.ts";

/**
 * Does `action` at an interval, one at a time, until the replica ends.
 *
 * @returns How to stop it earlier; an action may do so itself.
 */
export function every(
  context: ReplicaContext,
  intervalMs: number,
  action: () => void | Promise<void>,
): () => void {
  let isStopped = context.signal.aborted;
  let cancel: () => void = () => undefined;
  const schedule = (): void => {
    if (isStopped) return;
    cancel = context.clock.after(intervalMs, () => {
      const done = (async () => action())();
      const failed = (error: unknown): void => context.log.error("housekeeping failed", { error });
      void done.catch(failed).then(schedule);
    });
  };
  const stop = (): void => {
    isStopped = true;
    cancel();
    context.signal.removeEventListener("abort", stop);
  };
  context.signal.addEventListener("abort", stop, { once: true });
  schedule();
  return stop;
}
