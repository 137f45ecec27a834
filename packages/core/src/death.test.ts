import { parseOriginId } from "@dred/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { causeOfDeath, deadRanges, isDead } from "./death.ts";

const forever = {
  messageLifetimeMs: Number.POSITIVE_INFINITY,
  maxMessages: Number.POSITIVE_INFINITY,
};
const [older, newer] = [parseOriginId("first.zzaa"), parseOriginId("first.100aa")];
const other = parseOriginId("second.aaa00");
const nowMs = 1_763_923_555_123;

describe("death", () => {
  test("R5: without rules nothing dies", () => {
    const range = deadRanges(forever, new Map([[older, { ts: 1, seq: 1 }]]), nowMs).get(older)!;

    expect(isDead(range, { ts: 1, seq: 1 })).toBe(false);
  });

  test("R5: an entry dies when its lifetime has passed, to the microsecond", () => {
    const rules = { ...forever, messageLifetimeMs: 1000 };
    const range = deadRanges(rules, new Map([[older, { ts: 1, seq: 1 }]]), nowMs).get(older)!;
    const edge = (nowMs - 1000) * 1000;

    expect([edge - 1, edge].map((ts) => isDead(range, { ts, seq: 1 }))).toEqual([true, false]);
    expect(causeOfDeath(range, { ts: edge - 1, seq: 1 })).toBe("life");
  });

  test("R5: what an operator gave up is dead through its ts, and gone is the reason", () => {
    const heads = new Map([older, other].map((origin) => [origin, { ts: 9, seq: 9 }]));
    const rules = { ...forever, cuts: new Map([[older, 5]]) };
    const ranges = deadRanges(rules, heads, nowMs);
    const [cut, whole] = [ranges.get(older)!, ranges.get(other)!];

    expect([4, 5, 6].map((ts) => isDead(cut, { ts, seq: ts }))).toEqual([true, true, false]);
    expect(isDead(whole, { ts: 1, seq: 1 })).toBe(false);
    expect(causeOfDeath(cut, { ts: 5, seq: 5 })).toBe("gone");
  });

  test("what another server found dead first died of the rule that the channel has", () => {
    const [entry, heads] = [{ ts: nowMs * 1000, seq: 9 }, new Map([[older, { ts: 1, seq: 9 }]])];
    const limited = deadRanges({ ...forever, maxMessages: 9 }, heads, nowMs).get(older)!;
    const mortal = deadRanges({ ...forever, messageLifetimeMs: 9 }, heads, nowMs).get(older)!;

    expect(causeOfDeath(limited, entry)).toBe("max");
    expect(causeOfDeath(mortal, entry)).toBe("life");
  });

  test("R5: the newest of each server live, over all its epochs, in any order of heads", () => {
    const anyCounts = fc.tuple(fc.nat({ max: 9 }), fc.nat({ max: 9 }), fc.nat({ max: 9 }));
    fc.assert(
      fc.property(anyCounts, fc.nat({ max: 20 }), fc.boolean(), ([a, b, c], max, isReversed) => {
        const counts = [
          [older, a],
          [newer, b],
          [other, c],
        ] as const;
        const heads = counts.map(([origin, seq]) => [origin, { ts: seq, seq }] as const);
        const ordered = new Map(isReversed ? heads.reverse() : heads);
        const ranges = deadRanges({ ...forever, maxMessages: max }, ordered, nowMs);
        const living = counts.map(([origin, count]) => {
          const seqs = Array.from({ length: count }, (_, index) => index + 1);
          return seqs.filter((seq) => !isDead(ranges.get(origin)!, { ts: seq, seq })).length;
        });

        const fromNewer = Math.min(b, max);
        expect(living).toEqual([Math.min(a, max - fromNewer), fromNewer, Math.min(c, max)]);
      }),
    );
  });
});
