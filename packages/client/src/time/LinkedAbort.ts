/** Who follows a signal: one listener each, however many calls are under way. */
const followers = new WeakMap<AbortSignal, Set<LinkedAbort>>();

/**
 * A signal that follows any number of others until it is released. Unlike `AbortSignal.any` it
 * leaves nothing behind on a long-lived parent, however many short calls follow it, and it puts
 * one listener on it, however many follow at once.
 */
export class LinkedAbort {
  readonly #controller = new AbortController();
  readonly #parents: readonly AbortSignal[];

  constructor(parents: readonly (AbortSignal | undefined)[]) {
    this.#parents = parents.filter((parent) => parent !== undefined);
    for (const parent of this.#parents) {
      if (parent.aborted) this.abort(parent.reason);
      else follow(parent, this);
    }
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  abort(reason: unknown): void {
    this.#controller.abort(reason);
  }

  /** Stops following; the signal itself stays as it is. */
  release(): void {
    for (const parent of this.#parents) unfollow(parent, this);
  }
}

function follow(parent: AbortSignal, follower: LinkedAbort): void {
  const present = followers.get(parent);
  if (present !== undefined) {
    present.add(follower);
    return;
  }
  followers.set(parent, new Set([follower]));
  parent.addEventListener("abort", pass, { once: true });
}

function unfollow(parent: AbortSignal, follower: LinkedAbort): void {
  const present = followers.get(parent);
  if (present?.delete(follower) !== true || present.size > 0) return;
  followers.delete(parent);
  parent.removeEventListener("abort", pass);
}

function pass({ target }: Event): void {
  const parent = target as AbortSignal;
  for (const follower of followers.get(parent) ?? []) follower.abort(parent.reason);
}
