import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  anyChannelName,
  anyCount,
  anyInput,
  anyNeighborhood,
  anyVector,
} from "./__tests__/arbitraries.ts";
import { problemOf } from "./__tests__/problemOf.ts";
import { formatCursor, parseCursor } from "./cursor.ts";
import { parseChannelName, parseNeighborhood, parseOriginId } from "./ids.ts";
import { CURSOR_CHARS_MAX, VECTOR_ORIGINS_MAX } from "./limits.ts";

const anyCursor = fc.record({
  neighborhood: anyNeighborhood,
  channel: anyChannelName,
  generation: anyCount,
  vector: anyVector,
});

const largest = { ts: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };

/** The longest cursor there can be, with `origins` origins. */
function longestCursor(origins: number): string {
  const server = (index: number): string => String(index).padStart(32, "s");
  return formatCursor({
    neighborhood: parseNeighborhood("n".repeat(32)),
    channel: parseChannelName("𝒳".repeat(128)),
    generation: Number.MAX_SAFE_INTEGER,
    vector: new Map(
      Array.from({ length: origins }, (_, index) => [
        parseOriginId(`${server(index)}.${"z".repeat(12)}`),
        largest,
      ]),
    ),
  });
}

describe("cursors", () => {
  test("come back from their text, also when a URL was decoded once too often", () => {
    fc.assert(
      fc.property(anyCursor, (cursor) => {
        const text = formatCursor(cursor);

        expect(parseCursor(text)).toEqual(cursor);
        expect(parseCursor(decodeURIComponent(text))).toEqual(cursor);
      }),
    );
  });

  test("are safe in URLs and in the header Last-Event-ID", () => {
    fc.assert(
      fc.property(anyCursor, (cursor) => {
        expect(formatCursor(cursor)).toMatch(/^[A-Za-z0-9~._!'()*%-]+$/);
      }),
    );
  });

  test("R10: the longest fits into the limit, and one origin more is refused", () => {
    const text = longestCursor(VECTOR_ORIGINS_MAX);

    expect(text.length).toBeLessThanOrEqual(CURSOR_CHARS_MAX);
    expect(parseCursor(text).vector.size).toBe(VECTOR_ORIGINS_MAX);
    const longer = longestCursor(VECTOR_ORIGINS_MAX + 1);
    expect(problemOf(() => parseCursor(longer))?.code).toBe("invalid-cursor");
  });

  test.each([
    "",
    "c1",
    "c1~nb~a",
    "c2~nb~a~1",
    "c1~NB~a~1",
    "c1~nb~a%2Fb~1",
    "c1~nb~%zz~1",
    "c1~nb~a~-1",
    "c1~nb~a~1~",
    "c1~nb~a~1~first.aaa00.1",
    "c1~nb~a~1~first.aaa00.1.1.1",
    "c1~nb~a~1~first.aaa00.1.zzzzzzzzzzz",
    "c1~nb~a~1~first.aaa00.1.1~",
    { first: "1-1" },
    null,
    undefined,
  ])("%j is no cursor", (value) => {
    expect(problemOf(() => parseCursor(value))?.code).toBe("invalid-cursor");
  });

  test("R10: a text beyond the limit is refused before it is looked at", () => {
    const text = `c1~nb~${"a".repeat(CURSOR_CHARS_MAX)}~1`;

    expect(problemOf(() => parseCursor(text))?.code).toBe("invalid-cursor");
  });

  test("an origin named twice is refused, for nobody could say which counts", () => {
    const text = "c1~nb~a~1~first.aaa00.1.1~first.aaa00.2.2";

    expect(problemOf(() => parseCursor(text))?.code).toBe("invalid-cursor");
  });

  test("whatever else is given, the answer is a short invalid-cursor", () => {
    const anyBroken = fc.tuple(anyCursor, fc.nat(), fc.string({ unit: "binary", maxLength: 3 }));
    const anyDamaged = anyBroken.map(([cursor, at, put]) => {
      const text = formatCursor(cursor);
      return text.slice(0, at % text.length) + put + text.slice((at % text.length) + 1);
    });
    fc.assert(
      fc.property(fc.oneof(anyInput, anyDamaged), (input) => {
        const problem = problemOf(() => parseCursor(input));

        if (problem === undefined) return;
        expect(problem.code).toBe("invalid-cursor");
        expect(problem.detail.length).toBeLessThan(500);
      }),
    );
  });
});
