import { comparePositions, parseOriginId } from "@dred/protocol";
import fc from "fast-check";
import { expect, test } from "vitest";
import { canonicalMerge } from "./canonicalMerge.ts";
import type { LogPage } from "./canonicalMerge.ts";

const origins = ["first.aaa00", "second.aaa00", "third.aaa00"].map(parseOriginId);
const anyLog = fc.uniqueArray(fc.integer({ min: 1, max: 20 }), { maxLength: 10 });
const anyLogs = fc.tuple(anyLog, anyLog, anyLog);

test.each(["asc", "desc"] as const)("R8: %s, gives what sorting everything gives", (order) => {
  const sign = order === "asc" ? 1 : -1;
  fc.assert(
    fc.property(anyLogs, fc.integer({ min: 1, max: 10 }), (logs, size) => {
      const whole = logs.map((times, index) => {
        const entries = times.sort((a, b) => a - b).map((ts, at) => toEntry(ts, at + 1));
        return { origin: origins[index]!, entries: order === "asc" ? entries : entries.reverse() };
      });
      const pages = whole.map(({ origin, entries }): LogPage => {
        return { origin, entries: entries.slice(0, size), isLast: entries.length <= size };
      });

      const merged = canonicalMerge(pages, order);

      const all = whole
        .flatMap(({ origin, entries }) => entries.map((entry) => ({ origin, entry })))
        .sort((a, b) => sign * comparePositions({ ...a, ...a.entry }, { ...b, ...b.entry }));
      // Never beyond a horizon: a prefix of all there is, and never an empty one.
      expect(merged).toEqual(all.slice(0, merged.length));
      expect(merged.length).toBeGreaterThanOrEqual(Math.min(size, all.length));
      if (pages.every(({ isLast }) => isLast)) expect(merged).toEqual(all);
    }),
  );
});

function toEntry(
  ts: number,
  seq: number,
): { ts: number; seq: number; line: string; chain: string } {
  return { ts, seq, line: "{}", chain: "" };
}
