import type { StopReason } from "@dred/core";
import { limits } from "@dred/protocol";
import type { DredError, Entry, OriginId } from "@dred/protocol";

/** Why a log's entries were not stored; `damaged`: the store cannot take any for it. */
export type EntryStop = StopReason | "damaged";

/** One call of `add` that is not done. */
interface Waiter {
  /** Those of its entries that are still in the queue. */
  entries: readonly Entry[];
  resolve(stop: EntryStop | undefined): void;
  reject(error: DredError): void;
}

/**
 * Replicated entries of one channel that wait for its next store call, by origin, served in
 * turn. Bounded by the credit that the links give their peers.
 */
export class EntryQueue {
  readonly #logs = new Map<OriginId, Waiter[]>();

  get size(): number {
    return this.#logs.size;
  }

  /** Resolves when all of `entries` are held, or with what stopped them. */
  add(origin: OriginId, entries: readonly Entry[]): Promise<EntryStop | undefined> {
    const waiters = this.#logs.get(origin) ?? [];
    this.#logs.set(origin, waiters);
    return new Promise((resolve, reject) => {
      waiters.push({ entries, resolve, reject });
    });
  }

  /** What waits first of the log whose turn it is: at least as much as one commit takes. */
  next(): { readonly origin: OriginId; readonly entries: readonly Entry[] } | undefined {
    for (const [origin, waiters] of this.#logs) {
      const entries: Entry[] = [];
      for (const waiter of waiters) {
        if (entries.length >= limits.BATCH_ENTRIES_MAX) break;
        entries.push(...waiter.entries);
      }
      return { origin, entries };
    }
    return undefined;
  }

  /**
   * The first `taken` entries of a log are done with. With `stop`, so is the call of `add` that
   * gave the next one, and it alone: what was added later may continue the head, such as the
   * answer of a peer whose pushes came before it with a hole, or the same log of another peer.
   */
  settle(origin: OriginId, taken: number, stop: EntryStop | undefined): void {
    const waiters = this.#logs.get(origin);
    if (waiters === undefined) return;
    this.#logs.delete(origin);
    const whole = takeOff(waiters, taken);
    const stopped = stop === undefined ? 0 : stoppedFrom(waiters, whole, stop);
    const done = waiters.splice(0, whole + stopped);
    for (const [index, waiter] of done.entries()) waiter.resolve(index < whole ? undefined : stop);
    if (waiters.length > 0) this.#logs.set(origin, waiters); // at the end: in turn
  }

  rejectAll(error: DredError): void {
    const logs = [...this.#logs.values()];
    this.#logs.clear();
    for (const waiters of logs) for (const waiter of waiters) waiter.reject(error);
  }
}

/** Takes off so many entries; how many waiters have none left. */
function takeOff(waiters: readonly Waiter[], taken: number): number {
  let left = taken;
  for (const [index, waiter] of waiters.entries()) {
    if (waiter.entries.length > left) {
      waiter.entries = waiter.entries.slice(left);
      return index;
    }
    left -= waiter.entries.length;
  }
  return waiters.length;
}

/** How many waiters stop here: one; and behind a hole those that begin no nearer to the head. */
function stoppedFrom(waiters: readonly Waiter[], index: number, stop: EntryStop): number {
  const [first] = waiters[index]?.entries ?? [];
  if (stop !== "hole" || first === undefined) return 1;
  let end = index + 1;
  while ((waiters[end]?.entries[0]?.seq ?? 0) >= first.seq) end++;
  return end - index;
}
