import type { ReplicaContext } from "./ReplicaContext.ts";

/** Does `action` at an interval, one at a time, until the replica ends. */
export function every(
  context: ReplicaContext,
  intervalMs: number,
  action: () => void | Promise<void>,
): void {
  let cancel: () => void = () => undefined;
  const schedule = (): void => {
    if (context.signal.aborted) return;
    cancel = context.clock.after(intervalMs, () => {
      const done = (async () => action())();
      const failed = (error: unknown): void => context.log.error("housekeeping failed", { error });
      void done.catch(failed).then(schedule);
    });
  };
  context.signal.addEventListener("abort", () => cancel(), { once: true });
  schedule();
}
