import { parseOriginId } from "@dred/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { sha256 } from "./__tests__/sha256.ts";
import { dedupWindowMs, formatIndexed, identityDigest, parseIndexed } from "./identityIndex.ts";

test("a value of the index comes back from its text", () => {
  const origin = parseOriginId("first.aaa00");
  fc.assert(
    fc.property(fc.maxSafeNat(), fc.maxSafeNat(), (ts, seq) => {
      const value = formatIndexed(origin, { ts, seq }, "00ff00ff00ff00ff");

      expect(parseIndexed(value)).toEqual({ origin, ts, seq, contentHash: "00ff00ff00ff00ff" });
    }),
  );
});

test("R6: sender and ocid cannot be mistaken for each other", () => {
  const digest = (sender: string, ocid: string): string => identityDigest(sha256, { sender, ocid });

  expect(digest("a", "bc")).not.toBe(digest("ab", "c"));
  expect(digest("a", '","')).not.toBe(digest('a","', ""));
});

test("a dedup window is the lifetime, within a minute and two days", () => {
  expect([undefined, 1, 3_600_000, Number.POSITIVE_INFINITY].map(dedupWindowMs)).toEqual([
    172_800_000, 60_000, 3_600_000, 172_800_000,
  ]);
});
