import { parseChannelKey, parseOriginId } from "@dred/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "./__tests__/sha256.ts";
import { emptySummary, moveHead, toOriginSummary } from "./originDigest.ts";
import type { RollingSummary } from "./originDigest.ts";

const origin = parseOriginId("first.aaa00");
const headAt = (seq: number, chain = "c") => ({ ts: seq * 10, seq, chain: `${chain}${seq}` });

/** Moves each log, in this order, through these seqs; with a drop at the end if asked. */
function summaryOf(moves: readonly (readonly [name: string, seq: number])[]): {
  summary: RollingSummary;
  drop: () => void;
} {
  const summary = emptySummary();
  const held = new Map<string, ReturnType<typeof headAt>>();
  const move = (name: string, after: ReturnType<typeof headAt> | undefined): void => {
    const channel = parseChannelKey(`${name}~0`);
    moveHead(summary, sha256, { channel, origin, before: held.get(name), after });
    if (after !== undefined) held.set(name, after);
  };
  for (const [name, seq] of moves) move(name, headAt(seq));
  return { summary, drop: () => [...held.keys()].forEach((name) => move(name, undefined)) };
}

test("R8: equal heads show equal summaries, however they came to be; dropped logs leave none", () => {
  const anyMove = fc.tuple(fc.constantFrom("a", "b", "c"), fc.integer({ min: 1, max: 9 }));
  fc.assert(
    fc.property(fc.array(anyMove, { maxLength: 20 }), (moves) => {
      const { summary, drop } = summaryOf(moves);
      const direct = summaryOf([...new Map(moves)].reverse()).summary;

      expect(toOriginSummary(summary)).toEqual(toOriginSummary(direct));
      drop();
      expect(toOriginSummary(summary)).toEqual({ count: 0, digest: "0".repeat(16) });
    }),
  );
});

test("R12: a fork shows, though the counts are equal", () => {
  const [ours, theirs] = [emptySummary(), emptySummary()];
  const move = { channel: parseChannelKey("a~0"), origin, before: undefined };
  moveHead(ours, sha256, { ...move, after: headAt(3) });
  moveHead(theirs, sha256, { ...move, after: headAt(3, "d") });

  expect(ours.count).toBe(theirs.count);
  expect(toOriginSummary(ours).digest).not.toBe(toOriginSummary(theirs).digest);
});
