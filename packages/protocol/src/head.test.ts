import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyHead, anyInput, anyOrigin } from "./__tests__/arbitraries.ts";
import { problemOf } from "./__tests__/problemOf.ts";
import { comparePositions, formatHead, parseHead, parseMid, toMid } from "./head.ts";
import { parseOriginId } from "./ids.ts";

const [first, second] = [parseOriginId("first.aaa00"), parseOriginId("second.aaa00")];

describe("heads and mids", () => {
  test("come back from their text", () => {
    fc.assert(
      fc.property(anyOrigin, anyHead, (origin, head) => {
        expect(parseHead(formatHead(head))).toEqual(head);
        expect(parseMid(toMid(origin, head))).toEqual({ origin, ...head });
      }),
    );
  });

  test.each([
    "",
    "1",
    "1-",
    "-1",
    "1-2-3",
    "01-2",
    "1-02",
    " 1-2",
    "1-2\n",
    "1.5-2",
    "1e3-2",
    "9007199254740992-1",
    "1-9007199254740992",
    "99999999999999999999-1",
    "١-٢",
    12,
    null,
    undefined,
    ["1-2"],
  ])("%j is no head", (value) => {
    expect(problemOf(() => parseHead(value))?.code).toBe("invalid-cursor");
  });

  test.each(["1-2", "first.aaa00", "first.aaa00/", "first.aaa00/1-2/3", 5, null, {}])(
    "%j is no mid",
    (value) => {
      expect(problemOf(() => parseMid(value))?.code).toBe("invalid-cursor");
    },
  );

  test("a mid of no origin is refused as a bad name", () => {
    expect(problemOf(() => parseMid("first/1-2"))?.code).toBe("invalid-name");
  });

  test("an error names what was given, shortened, whatever it was", () => {
    fc.assert(
      fc.property(fc.constantFrom(parseHead, parseMid), anyInput, (parse, input) => {
        expect(problemOf(() => parse(input))?.detail.length ?? 0).toBeLessThan(200);
      }),
    );
  });
});

describe("canonical order", () => {
  test("R8: is by ts, then by origin", () => {
    const positions = [
      { origin: second, ts: 2, seq: 1 },
      { origin: first, ts: 2, seq: 9 },
      { origin: second, ts: 1, seq: 9 },
    ];

    expect(positions.sort(comparePositions).map((p) => toMid(p.origin, p))).toEqual([
      "second.aaa00/1-9",
      "first.aaa00/2-9",
      "second.aaa00/2-1",
    ]);
  });

  test("R8: is the same whatever order the positions come in", () => {
    const anyPosition = fc.record({
      origin: fc.constantFrom(first, second),
      ts: fc.nat({ max: 3 }),
      seq: fc.nat({ max: 2 }),
    });
    fc.assert(
      fc.property(fc.array(anyPosition), (positions) => {
        const sorted = [...positions].sort(comparePositions);

        expect([...positions].reverse().sort(comparePositions)).toEqual(sorted);
      }),
    );
  });
});
