import { parseOriginId } from "@dred/protocol";
import type { OriginId } from "@dred/protocol";
import { describe, expect, test } from "vitest";
import { carriedVector } from "./carriedVector.ts";

const [oldest, older, newest] = ["first.aaa00", "first.aab00", "first.aac00"].map(parseOriginId);
const other = parseOriginId("second.aaa00");
const nowMs = 1_763_923_555_123;
const agoMs = (ms: number): number => (nowMs - ms) * 1000;
const forever = {
  messageLifetimeMs: Number.POSITIVE_INFINITY,
  maxMessages: Number.POSITIVE_INFINITY,
};

/** A vector of origins, each with how long ago its newest message was made, and its seq. */
function vectorOf(...places: [OriginId | undefined, agoMs: number, seq?: number][]) {
  return new Map(places.map(([origin, ago, seq = 1]) => [origin!, { ts: agoMs(ago), seq }]));
}

function carried(
  vector: ReturnType<typeof vectorOf>,
  rules: Partial<typeof forever>,
  heads = vector,
) {
  return [...carriedVector(vector, { rules: { ...forever, ...rules }, heads, nowMs }).keys()];
}

describe("R10: a cursor", () => {
  test("leaves out closed epochs of which all is dead of age by every server's clock", () => {
    const vector = vectorOf([oldest, 100_000], [older, 65_000], [newest, 90_000], [other, 90_000]);

    expect(carried(vector, { messageLifetimeMs: 10_000 })).toEqual([older, newest, other]);
  });

  test("leaves out what lies beyond maxMessages by the positions that it names", () => {
    const vector = vectorOf([oldest, 30, 9], [older, 20, 4], [newest, 10, 2]);

    expect(carried(vector, { maxMessages: 6 })).toEqual([older, newest]);
    expect(carried(vector, { maxMessages: 7 })).toEqual([oldest, older, newest]);
  });

  test("names all epochs while messages live for ever", () => {
    const vector = vectorOf([oldest, 1e9], [older, 1e8], [newest, 1]);

    expect(carried(vector, {})).toEqual([oldest, older, newest]);
  });

  test("names an epoch of which more is held than its reader has", () => {
    const vector = vectorOf([oldest, 1e8], [newest, 1]);
    const heads = vectorOf([oldest, 1e7, 2], [newest, 1]);

    expect(carried(vector, { messageLifetimeMs: 10_000 }, heads)).toEqual([oldest, newest]);
  });
});
