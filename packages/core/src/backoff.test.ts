import fc from "fast-check";
import { expect, test } from "vitest";
import { backoffDelayMs } from "./backoff.ts";

const delays = { delayMsMin: 100, delayMsMax: 5_000 };

test("R10: no wait is longer than its ceiling, after however many tries", () => {
  const anyRandom = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(fc.nat(), anyRandom, (attempt, random) => {
      const delay = backoffDelayMs(attempt, delays, random);

      expect(delay).toBeGreaterThanOrEqual(0);
      expect(delay).toBeLessThanOrEqual(Math.min(5_000, 100 * 2 ** attempt));
    }),
  );
});

test("the ceiling doubles from the least to the most, and chance spreads over all of it", () => {
  expect([0, 1, 2, 6].map((attempt) => backoffDelayMs(attempt, delays, 1))).toEqual([
    100, 200, 400, 5_000,
  ]);
  expect([0, 0.5].map((random) => backoffDelayMs(9, delays, random))).toEqual([0, 2_500]);
});
