import fc from "fast-check";
import { expect, test } from "vitest";
import { countSeeds, mergeRanges } from "./seedRanges.ts";
import type { SeedRange } from "./seedRanges.ts";

test("ranges that overlap or touch become one, others stay apart", () => {
  const ranges: SeedRange[] = [
    [7, 9],
    [1, 2],
    [3, 4],
    [8, 12],
  ];
  expect(mergeRanges(ranges)).toEqual([
    [1, 4],
    [7, 12],
  ]);
});

test("merged ranges hold the same seeds, each counted once", () => {
  const range = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.nat(8));
  fc.assert(
    fc.property(fc.array(range), (drawn) => {
      const ranges = drawn.map(([first, length]): SeedRange => [first, first + length]);
      const seeds = new Set(ranges.flatMap(seedsOf));
      const merged = mergeRanges(ranges);
      expect(merged.flatMap(seedsOf)).toEqual([...seeds].toSorted((a, b) => a - b));
      expect(countSeeds(merged)).toBe(seeds.size);
    }),
  );
});

function seedsOf([first, last]: SeedRange): number[] {
  return Array.from({ length: last - first + 1 }, (_, index) => first + index);
}
