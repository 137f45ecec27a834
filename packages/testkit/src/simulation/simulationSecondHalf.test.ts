import { expect, test } from "vitest";
import { failuresOf, shareOfSeeds } from "./testSeeds.ts";

const seeds = shareOfSeeds(1);

test(
  `R1–R11: the other half of the seeds, on another core, ${seeds.length} seeds`,
  { timeout: 600_000 },
  async () => {
    expect(await failuresOf(seeds)).toEqual([]);
  },
);
