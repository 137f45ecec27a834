import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyHead, anyInput, anyOrigin, anyVector } from "./__tests__/arbitraries.ts";
import { problemOf } from "./__tests__/problemOf.ts";
import { parseOriginId } from "./ids.ts";
import { VECTOR_ORIGINS_MAX } from "./limits.ts";
import {
  coversAll,
  headOf,
  isCovered,
  parseVectorObject,
  toVectorObject,
} from "./versionVector.ts";

const first = parseOriginId("first.aaa00");

describe("vectors", () => {
  test("come back from their JSON", () => {
    fc.assert(
      fc.property(anyVector, (vector) => {
        const json: unknown = JSON.parse(JSON.stringify(toVectorObject(vector)));

        expect(parseVectorObject(json)).toEqual(vector);
      }),
    );
  });

  test("give the same text in whichever order they were filled", () => {
    fc.assert(
      fc.property(anyVector, (vector) => {
        const reversed = new Map([...vector].reverse());

        expect(JSON.stringify(toVectorObject(reversed))).toBe(
          JSON.stringify(toVectorObject(vector)),
        );
      }),
    );
  });

  test("a position is covered through its own ts, whatever its seq", () => {
    const vector = new Map([[first, { ts: 10, seq: 1 }]]);

    expect([9, 10, 11].map((ts) => isCovered(vector, first, ts))).toEqual([true, true, false]);
    expect(isCovered(new Map(), first, 1)).toBe(false);
    expect(headOf(new Map(), first)).toEqual({ ts: 0, seq: 0 });
  });

  test("a vector covers itself, and no longer once the other has gone on", () => {
    fc.assert(
      fc.property(anyVector, anyOrigin, anyHead, (vector, origin, { ts }) => {
        expect(coversAll(vector, vector)).toBe(true);
        const further = { ts: headOf(vector, origin).ts + 1 + (ts % 1000), seq: 1 };
        const other = new Map([...vector, [origin, further]]);
        expect(coversAll(vector, other)).toBe(false);
        expect(coversAll(other, vector)).toBe(true);
      }),
    );
  });

  test.each([null, undefined, [], "first", 1, { "first.aaa00": 5 }, { "first.aaa00": "1" }])(
    "%j is no vector",
    (value) => {
      expect(problemOf(() => parseVectorObject(value))?.code).toBe("invalid-cursor");
    },
  );

  test("R10: 256 origins are a vector, one more is none", () => {
    const object = (size: number): Record<string, string> =>
      Object.fromEntries(Array.from({ length: size }, (_, index) => [`s${index}.aaa00`, "1-1"]));

    expect(parseVectorObject(object(VECTOR_ORIGINS_MAX)).size).toBe(VECTOR_ORIGINS_MAX);
    const tooMany = (): unknown => parseVectorObject(object(VECTOR_ORIGINS_MAX + 1));
    expect(problemOf(tooMany)?.code).toBe("invalid-cursor");
  });

  test("whatever else is given, the answer is an error that names it", () => {
    fc.assert(
      fc.property(fc.oneof(anyInput, fc.dictionary(fc.string(), fc.jsonValue())), (input) => {
        const code = problemOf(() => parseVectorObject(input))?.code ?? "invalid-cursor";

        expect(["invalid-cursor", "invalid-name"]).toContain(code);
      }),
    );
  });
});
