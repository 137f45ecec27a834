/** A controller that is also aborted by its parent, until it is released. */
export interface ChildAbort {
  readonly signal: AbortSignal;
  abort(reason: unknown): void;
  /** Leaves nothing behind on the parent, which may live much longer. */
  release(): void;
}

/**
 * Unlike `AbortSignal.any` this keeps nothing alive: a combined signal that is listened to stays
 * in memory, with all that its listeners know, until one of its parents is aborted.
 */
export function childAbort(parent: AbortSignal): ChildAbort {
  const controller = new AbortController();
  const follow = (): void => controller.abort(parent.reason);
  if (parent.aborted) follow();
  else parent.addEventListener("abort", follow, { once: true });
  return {
    signal: controller.signal,
    abort: (reason) => controller.abort(reason),
    release: () => parent.removeEventListener("abort", follow),
  };
}
