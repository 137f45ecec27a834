import type { StopReason } from "@dred/core";
import type { DredError, Entry, OriginId } from "@dred/protocol";

/** Why a log's entries were not stored; `damaged`: the store cannot take any for it. */
export type EntryStop = StopReason | "damaged";

/** One call of `add` that is not done. */
interface Waiter {
  /** How many of its entries are still in the queue. */
  left: number;
  resolve(stop: EntryStop | undefined): void;
  reject(error: DredError): void;
}

interface WaitingLog {
  entries: Entry[];
  waiters: Waiter[];
}

/**
 * Replicated entries of one channel that wait for its next store call, by origin, served in
 * turn. Bounded by the credit that the links give their peers.
 */
export class EntryQueue {
  readonly #logs = new Map<OriginId, WaitingLog>();

  get size(): number {
    return this.#logs.size;
  }

  /** Resolves when all of `entries` are held, or with what stopped them. */
  add(origin: OriginId, entries: readonly Entry[]): Promise<EntryStop | undefined> {
    const log = this.#logs.get(origin) ?? { entries: [], waiters: [] };
    this.#logs.set(origin, log);
    log.entries.push(...entries);
    return new Promise((resolve, reject) => {
      log.waiters.push({ left: entries.length, resolve, reject });
    });
  }

  next(): { readonly origin: OriginId; readonly entries: readonly Entry[] } | undefined {
    for (const [origin, log] of this.#logs) return { origin, entries: log.entries };
    return undefined;
  }

  /**
   * The first `taken` entries of a log are done with. With `stop`, so is the call of `add` that
   * gave the next one, and it alone: what was added later may continue the head, such as the
   * answer of a peer whose pushes came before it with a hole, or the same log of another peer.
   */
  settle(origin: OriginId, taken: number, stop: EntryStop | undefined): void {
    const log = this.#logs.get(origin);
    if (log === undefined) return;
    this.#logs.delete(origin);
    takeOff(log, taken);
    const stopped = stop === undefined ? undefined : log.waiters.shift();
    log.entries = log.entries.slice(taken + (stopped?.left ?? 0));
    stopped?.resolve(stop);
    if (log.waiters.length > 0) this.#logs.set(origin, log); // at the end: in turn
  }

  rejectAll(error: DredError): void {
    const logs = [...this.#logs.values()];
    this.#logs.clear();
    for (const log of logs) for (const waiter of log.waiters) waiter.reject(error);
  }
}

/** Resolves the first waiters, as far as so many entries are all of theirs. */
function takeOff(log: WaitingLog, taken: number): void {
  let left = taken;
  for (let first = log.waiters[0]; first !== undefined; first = log.waiters[0]) {
    if (first.left > left) {
      first.left -= left;
      return;
    }
    left -= first.left;
    log.waiters.shift();
    first.resolve(undefined);
  }
}
