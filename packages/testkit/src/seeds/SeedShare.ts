/**
 * The seeds of one run, shared by the threads that run them. `taken` is memory of all threads:
 * first how many seeds were taken, then for each thread which one it took last.
 */
export interface SeedShare {
  readonly from: number;
  readonly seeds: number;
  readonly thread: number;
  readonly taken: Int32Array;
}

const NONE = -1;

export function createShares(run: {
  readonly from: number;
  readonly seeds: number;
  readonly threads: number;
}): SeedShare[] {
  const taken = new Int32Array(new SharedArrayBuffer(4 * (run.threads + 1)));
  return Array.from({ length: run.threads }, (_, thread) => {
    taken[thread + 1] = NONE;
    return { from: run.from, seeds: run.seeds, thread, taken };
  });
}

/** The next seed that no thread has; undefined when all are taken. */
export function takeSeed(share: SeedShare): number | undefined {
  const next = isUsedUp(share) ? share.seeds : Atomics.add(share.taken, 0, 1);
  const seed = next < share.seeds ? share.from + next : undefined;
  Atomics.store(share.taken, share.thread + 1, seed === undefined ? NONE : next);
  return seed;
}

/** The seed this thread took last, unless it came to its end. */
export function seedUnderWay(share: SeedShare): number | undefined {
  const index = Atomics.load(share.taken, share.thread + 1);
  return index === NONE ? undefined : share.from + index;
}

/** No thread takes another seed. */
export function stopTaking(share: SeedShare): void {
  Atomics.store(share.taken, 0, share.seeds);
}

export function isUsedUp(share: SeedShare): boolean {
  return Atomics.load(share.taken, 0) >= share.seeds;
}
