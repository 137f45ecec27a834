import { compareEpochs, parseEpoch } from "@dred/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { mintEpoch } from "./epoch.ts";

const anyTime = fc.integer({ min: 0, max: 2 ** 50 });
const anyRandom = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });

test("R2: an epoch is larger than the one known, also when the clock stepped back", () => {
  fc.assert(
    fc.property(anyTime, anyTime, anyRandom, anyRandom, (before, now, random, other) => {
      const known = mintEpoch(before, undefined, () => random);

      expect(
        compareEpochs(
          mintEpoch(now, known, () => other),
          known,
        ),
      ).toBeGreaterThan(0);
    }),
  );
});

test("an epoch begins with the time in base 36 and ends with two random characters", () => {
  expect(mintEpoch(36 ** 3, undefined, () => 0.999_999)).toBe("1000zz");
  expect(mintEpoch(0, parseEpoch("1000zz"), () => 0)).toBe("100100");
});
