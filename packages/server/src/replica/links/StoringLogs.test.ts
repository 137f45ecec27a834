import { CHAIN_START } from "@dred/core";
import { parseChannelKey, parseOriginId } from "@dred/protocol";
import type { EntriesFrame, GapFrame } from "@dred/protocol";
import { beforeEach, expect, test } from "vitest";
import { StoringLogs } from "./StoringLogs.ts";

const channel = parseChannelKey("news~0");
const other = parseChannelKey("other~0");
const origin = parseOriginId("first.m2k9xq01");
const stored = { ts: 30, seq: 3, chain: "c" };

function entries(from: number, through: number, key = channel): EntriesFrame {
  const seqs = Array.from({ length: through - from + 1 }, (_, index) => from + index);
  const each = seqs.map((seq) => ({ ts: seq * 10, seq, line: "{}", chain: "c" }));
  return { type: "entries", channel: key, origin, entries: each };
}

function gap(after: number, through: number): GapFrame {
  const at = (seq: number) => ({ ts: seq * 10, seq });
  const bounds = { after: at(after), through: at(through), chain: "c" };
  return { type: "gap", channel, origin, ...bounds, head: at(through), reason: "life" };
}

let logs: StoringLogs;

beforeEach(() => {
  logs = new StoringLogs();
});

test.each([
  ["goes on where the log ends", entries(4, 6), true],
  ["begins in what is known and goes on behind it", entries(2, 4), true],
  ["is a gap that goes on there", gap(3, 9), true],
  ["lies behind a hole", entries(5, 6), false],
  ["is a gap behind a hole", gap(4, 9), false],
  ["is known", entries(1, 3), false],
  ["holds nothing", entries(1, 0), false],
])("R11: whether a frame brings more: one that %s", (_, frame, bringsMore) => {
  expect(logs.begin(frame, stored)).toBe(bringsMore);
  expect([logs.isStoring(origin), logs.isStoring(origin, channel)]).toEqual([
    bringsMore,
    bringsMore,
  ]);
});

test("R9: what follows frames that are not stored yet brings more, and nothing twice", () => {
  expect(logs.begin(entries(1, 3), CHAIN_START)).toBe(true);

  expect(logs.begin(entries(4, 6), CHAIN_START)).toBe(true);
  expect(logs.begin(entries(4, 6), CHAIN_START)).toBe(false);
  expect(logs.begin(entries(8, 9), CHAIN_START)).toBe(false);
});

test("a log is being stored until all of its frames have ended, each log for itself", () => {
  const frames = [entries(1, 3), entries(4, 6), entries(1, 1, other)];
  for (const frame of frames) logs.begin(frame, CHAIN_START);

  logs.end(entries(1, 3));
  expect(logs.isStoring(origin, channel)).toBe(true);
  logs.end(entries(4, 6));
  expect([logs.isStoring(origin, channel), logs.isStoring(origin, other)]).toEqual([false, true]);
  logs.end(entries(1, 1, other));
  expect(logs.isStoring(origin)).toBe(false);
});

test("R9: where a log goes on is told from what has come of it, and from its head behind that", () => {
  logs.begin(entries(4, 6), stored);

  expect(logs.through(channel, origin, stored)).toEqual({ ts: 60, seq: 6, chain: "c" });
  expect(logs.through(other, origin, stored)).toBe(stored);
  const later = { ts: 80, seq: 8, chain: "c" };
  expect(logs.through(channel, origin, later)).toBe(later);
});

test("what was dropped may come again when nothing is being stored any more", () => {
  logs.begin(entries(1, 3), CHAIN_START);
  logs.end(entries(1, 3));

  expect(logs.begin(entries(1, 3), CHAIN_START)).toBe(true);
});
