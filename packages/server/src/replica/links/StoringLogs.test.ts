import { parseChannelKey, parseOriginId } from "@dred/protocol";
import type { EntriesFrame, GapFrame } from "@dred/protocol";
import { beforeEach, expect, test } from "vitest";
import { StoringLogs } from "./StoringLogs.ts";

const channel = parseChannelKey("news~0");
const other = parseChannelKey("other~0");
const origin = parseOriginId("first.m2k9xq01");

function entries(from: number, through: number, key = channel): EntriesFrame {
  const seqs = Array.from({ length: through - from + 1 }, (_, index) => from + index);
  const each = seqs.map((seq) => ({ ts: seq * 10, seq, line: "{}", chain: "c" }));
  return { type: "entries", channel: key, origin, entries: each };
}

function gap(after: number, through: number): GapFrame {
  const at = (seq: number) => ({ ts: seq * 10, seq });
  const bounds = { after: at(after), through: at(through), chain: "c", reason: "life" } as const;
  return { type: "gap", channel, origin, ...bounds };
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
  expect(logs.begin(frame, 3)).toBe(bringsMore);
  expect([logs.isStoring(origin), logs.isStoring(origin, channel)]).toEqual([
    bringsMore,
    bringsMore,
  ]);
});

test("R9: what follows frames that are not stored yet brings more, and nothing twice", () => {
  expect(logs.begin(entries(1, 3), 0)).toBe(true);

  expect(logs.begin(entries(4, 6), 0)).toBe(true);
  expect(logs.begin(entries(4, 6), 0)).toBe(false);
  expect(logs.begin(entries(8, 9), 0)).toBe(false);
});

test("a log is being stored until all of its frames have ended, each log for itself", () => {
  const frames = [entries(1, 3), entries(4, 6), entries(1, 1, other)];
  for (const frame of frames) logs.begin(frame, 0);

  logs.end(entries(1, 3));
  expect(logs.isStoring(origin, channel)).toBe(true);
  logs.end(entries(4, 6));
  expect([logs.isStoring(origin, channel), logs.isStoring(origin, other)]).toEqual([false, true]);
  logs.end(entries(1, 1, other));
  expect(logs.isStoring(origin)).toBe(false);
});

test("what was dropped may come again when nothing is being stored any more", () => {
  logs.begin(entries(1, 3), 0);
  logs.end(entries(1, 3));

  expect(logs.begin(entries(1, 3), 0)).toBe(true);
});
