import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { boundedNow, CLOCK_SKEW_MS_MAX, isClockAstray, nextTs } from "./hybridClock.ts";
import { NEIGHBORHOOD_SKEW_MS_MAX } from "./hybridClock.ts";

const nowMs = 1_763_923_555_123;

describe("the next ts", () => {
  test("is the clock's, in whole microseconds", () => {
    expect(nextTs(nowMs + 0.0007, 0)).toBe(nowMs * 1000);
  });

  test("R2: is larger than any before it, also when the clock stepped back", () => {
    const anyClock = fc.double({ min: 0, max: 4e12, noNaN: true });
    fc.assert(
      fc.property(fc.array(anyClock, { minLength: 2 }), (clocks) => {
        let largest = 0;
        for (const clock of clocks) {
          const ts = nextTs(clock, largest);
          expect(Number.isSafeInteger(ts) && ts > largest).toBe(true);
          largest = ts;
        }
      }),
    );
  });
});

describe("the time to stamp and to judge by", () => {
  test("is our own while it is near the others", () => {
    expect(boundedNow(nowMs, [])).toBe(nowMs);
    expect(boundedNow(nowMs, [-29_000, -29_000])).toBe(nowMs);
    expect(boundedNow(nowMs, [29_000, 29_000])).toBe(nowMs);
  });

  test("is at most half a minute off the median of all", () => {
    const skewMs = 86_400_000;
    const ahead = boundedNow(nowMs, [-skewMs, -skewMs]);
    expect(ahead).toBe(nowMs - skewMs + NEIGHBORHOOD_SKEW_MS_MAX);
    const behind = boundedNow(nowMs, [skewMs, skewMs]);
    expect(behind).toBe(nowMs + skewMs - NEIGHBORHOOD_SKEW_MS_MAX);
  });

  test("is that of the slower clock when there are two", () => {
    expect(boundedNow(nowMs, [-86_400_000])).toBeLessThan(nowMs);
    expect(boundedNow(nowMs, [86_400_000])).toBe(nowMs);
  });

  test("one other clock that is wrong moves nothing among three", () => {
    expect(boundedNow(nowMs, [-86_400_000, 5])).toBe(nowMs);
    expect(isClockAstray([-86_400_000, 5])).toBe(false);
  });

  test("of two that differ, only the one ahead takes itself for astray", () => {
    expect(isClockAstray([-CLOCK_SKEW_MS_MAX - 1])).toBe(true);
    expect(isClockAstray([CLOCK_SKEW_MS_MAX + 1])).toBe(false);
  });
});
