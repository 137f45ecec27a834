import { expect, test } from "vitest";
import { keptSeeds } from "./keptSeeds.ts";
import { failuresOf, shareOfSeeds } from "./testSeeds.ts";

const seeds = shareOfSeeds(0);

test.each(keptSeeds)("seed $seed, which found $found, breaks nothing", async ({ seed }) => {
  expect(await failuresOf([seed])).toEqual([]);
});

test(
  `R1–R11: a neighborhood under faults loses nothing and converges, ${seeds.length} seeds`,
  { timeout: 600_000 },
  async () => {
    expect(await failuresOf(seeds)).toEqual([]);
  },
);
