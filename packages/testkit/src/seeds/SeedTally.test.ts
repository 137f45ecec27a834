import { expect, test } from "vitest";
import { toFailure } from "./runSeed.ts";
import { FAILURES_KEPT_MAX, SeedTally } from "./SeedTally.ts";

test("passed and failed seeds are both done, and the first failures are kept", () => {
  const tally = new SeedTally();
  tally.add({ seed: 1, acked: 2, delivered: 6, convergedMs: 300 });
  for (let seed = 3; seed < 2_003; seed++) tally.add(toFailure(seed, new Error("P7: no")));
  expect(tally.ranges()).toEqual([
    [1, 1],
    [3, 2_002],
  ]);
  expect(tally.failures).toHaveLength(FAILURES_KEPT_MAX);
  expect(tally.summary()).toContain("2001 seeds: 2 posts acknowledged, 6 messages delivered");
  expect(tally.summary()).toContain("2000 seeds failed");
});

test("a failure names the property that was broken, if one was", () => {
  const broken = toFailure(4, new Error("seed 4: Error: P8: o1 has other content\n  faults: cut"));
  expect(broken.property).toBe("P8");
  expect(toFailure(4, new TypeError("x is not a function")).property).toBe("other");
});
