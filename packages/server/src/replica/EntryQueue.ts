import type { StopReason } from "@dred/core";
import type { DredError, Entry, OriginId } from "@dred/protocol";

/** Why a log's entries were not stored; `damaged`: the store cannot take any for it. */
export type EntryStop = StopReason | "damaged";

interface Waiter {
  /** How many entries of the queue lie before and in this one's. */
  left: number;
  resolve(stop: EntryStop | undefined): void;
  reject(error: DredError): void;
}

interface WaitingLog {
  entries: Entry[];
  readonly waiters: Waiter[];
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
      log.waiters.push({ left: log.entries.length, resolve, reject });
    });
  }

  next(): { readonly origin: OriginId; readonly entries: readonly Entry[] } | undefined {
    for (const [origin, log] of this.#logs) return { origin, entries: log.entries };
    return undefined;
  }

  /**
   * The first `taken` entries of a log are done with; with `stop`, the rest are dropped,
   * because nothing above what stopped can be appended.
   */
  settle(origin: OriginId, taken: number, stop: EntryStop | undefined): void {
    const log = this.#logs.get(origin);
    if (log === undefined) return;
    this.#logs.delete(origin);
    log.entries = log.entries.slice(taken);
    for (const waiter of log.waiters) waiter.left -= taken;
    while ((log.waiters[0]?.left ?? 1) <= 0) log.waiters.shift()?.resolve(undefined);
    if (stop !== undefined) for (const waiter of log.waiters) waiter.resolve(stop);
    else if (log.waiters.length > 0) this.#logs.set(origin, log); // at the end: in turn
  }

  rejectAll(error: DredError): void {
    const logs = [...this.#logs.values()];
    this.#logs.clear();
    for (const log of logs) for (const waiter of log.waiters) waiter.reject(error);
  }
}
