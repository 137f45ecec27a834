import { expect, test } from "vitest";
import { memoryShortage } from "./memoryShortage.ts";

const MB = 1_000_000;
const first = { usedBytes: 2 * MB, limitBytes: 40 * MB, entriesHeld: 0, entriesMissing: 100_000 };
/** After 10,000 of 100,000 entries, which took 400 bytes each: 36 MB are still to come. */
const later = { ...first, usedBytes: 6 * MB, entriesHeld: 10_000, entriesMissing: 90_000 };

test("what is to come is reckoned from what each entry took until now", () => {
  expect(memoryShortage(first, { ...later, limitBytes: 30 * MB })).toEqual({
    bytesPerEntry: 400,
    bytesNeeded: 36 * MB,
  });
});

test("nobody is turned away while it fits, or nearly fits", () => {
  expect(memoryShortage(first, { ...later, limitBytes: 50 * MB })).toBeUndefined();
  expect(memoryShortage(first, { ...later, limitBytes: 39 * MB })).toBeUndefined();
  expect(memoryShortage(first, { ...later, limitBytes: Number.POSITIVE_INFINITY })).toBeUndefined();
});

test("a store that is full already has room for nothing that is missing", () => {
  const full = { ...later, limitBytes: 6 * MB };
  expect(memoryShortage(first, full)).toMatchObject({ bytesNeeded: 36 * MB });
  expect(memoryShortage(first, { ...full, entriesMissing: 0 })).toBeUndefined();
});

test("a few entries say nothing", () => {
  const early = { ...later, usedBytes: 30 * MB, entriesHeld: 1_999 };
  expect(memoryShortage(first, early)).toBeUndefined();
});
