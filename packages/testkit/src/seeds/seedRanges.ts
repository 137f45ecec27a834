/** Seeds from the first through the last, both included. */
export type SeedRange = readonly [first: number, last: number];

/** The same seeds, each once: ascending ranges that neither overlap nor touch. */
export function mergeRanges(ranges: readonly SeedRange[]): SeedRange[] {
  const merged: SeedRange[] = [];
  for (const [first, last] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const before = merged.at(-1);
    if (before === undefined || first > before[1] + 1) merged.push([first, last]);
    else merged[merged.length - 1] = [before[0], Math.max(before[1], last)];
  }
  return merged;
}

/** How many seeds merged ranges hold. */
export function countSeeds(ranges: readonly SeedRange[]): number {
  return ranges.reduce((sum, [first, last]) => sum + last - first + 1, 0);
}
