import { limits, parseOriginId } from "@dred/protocol";
import type { Entry } from "@dred/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { MemoryChannel, pendingPost } from "./__tests__/MemoryChannel.ts";
import { sha256 } from "./__tests__/sha256.ts";
import { chainThrough } from "./chainHash.ts";
import { CLOCK_SKEW_MS_MAX } from "./hybridClock.ts";
import { rollOf } from "./identityIndex.ts";
import { planEntries } from "./planEntries.ts";

const first = parseOriginId("first.aaa00");
const second = parseOriginId("second.aaa00");
const nowMs = 1_763_923_555_123;

/** A log of `count` entries, written by its own server. */
function written(count: number, origin = first, msg = "any", clockMs = nowMs): Entry[] {
  const own = new MemoryChannel();
  for (let index = 0; index < count; index++) {
    own.post(origin, pendingPost(`${origin}-${index}`, msg), clockMs + index);
  }
  return own.entriesOf(origin);
}

/** An entry with any line, chained as if its server had written it so. */
function chained(line: string, head = { ts: nowMs * 1000, seq: 1 }, previous = ""): Entry {
  const log = { channel: new MemoryChannel().log.key, origin: first };
  return { ...head, line, chain: chainThrough(sha256, log, previous, { ...head, line }) };
}

describe("replicating a log", () => {
  // Loss, repetition and reordering are all just "some slices in some order".
  test("R1, R2, R3: holds its log from the start and unchanged, whatever arrives", () => {
    const logs = [written(8), written(8, second)] as const;
    const anySlice = fc.record({
      log: fc.constantFrom(0, 1),
      from: fc.nat({ max: 7 }),
      length: fc.integer({ min: 1, max: 5 }),
    });
    fc.assert(
      fc.property(fc.array(anySlice, { maxLength: 30 }), (arrivals) => {
        const channel = new MemoryChannel();
        for (const { log, from, length } of arrivals) {
          const origin = log === 0 ? first : second;
          const before = channel.entriesOf(origin).length;
          const { stop } = channel.receive(origin, logs[log].slice(from, from + length), nowMs);
          expect(stop).toBe(from > before ? "hole" : undefined);
        }

        for (const [index, origin] of [first, second].entries()) {
          const held = channel.entriesOf(origin);
          expect(held).toEqual(logs[index]?.slice(0, held.length));
          expect(channel.log.heads.get(origin)?.chain).toBe(held.at(-1)?.chain);
        }
      }),
    );
  });

  test("R11: holds all of it once everything came in order", () => {
    const log = written(10);
    const channel = new MemoryChannel();

    expect(channel.receive(first, log.slice(0, 6), nowMs).taken).toBe(6);
    expect(channel.receive(first, log.slice(3), nowMs).taken).toBe(7);

    expect(channel.entriesOf(first)).toEqual(log);
  });

  test("R3: other content at the head, or on another chain, is a fork and changes nothing", () => {
    const [ours, theirs] = [written(4), written(4, first, "other")];
    const channel = new MemoryChannel();
    channel.receive(first, ours.slice(0, 3), nowMs);

    for (const forged of [theirs.slice(2, 3), theirs.slice(3), theirs.slice(2)]) {
      expect(channel.receive(first, forged, nowMs)).toEqual({
        commit: undefined,
        taken: 0,
        stop: "fork",
      });
    }
    expect(channel.entriesOf(first)).toEqual(ours.slice(0, 3));
  });

  test.each([
    ["its text", { line: '{"ocid":"forged"}' }],
    ["its ts", { ts: nowMs * 1000 + 7 }],
    ["its chain", { chain: "0".repeat(32) }],
  ])("R3: an entry of which %s was changed on its way is a fork", (_what, change) => {
    const [entry] = written(1) as [Entry];

    expect(new MemoryChannel().receive(first, [{ ...entry, ...change }], nowMs).stop).toBe("fork");
  });

  test("R11: behind a base whose chain hash was forgotten, the log goes on as it comes", () => {
    const entries = written(4);
    const [, second, third] = entries as [Entry, Entry, Entry, Entry];
    const plan = (some: readonly Entry[], chain: string) => {
      const { log } = new MemoryChannel();
      log.heads.set(first, { ts: second.ts, seq: 2, chain });
      const { commit, stop } = planEntries(log, some, { origin: first, nowMs, sha256 });
      return { seqs: commit?.entries.map(({ seq }) => seq), stop };
    };

    expect(plan(entries.slice(1), "")).toEqual({ seqs: [3, 4], stop: undefined });
    expect(plan(entries.slice(1), third.chain).stop).toBe("fork");
    const changed = entries.slice(2).map((each) => ({ ...each, line: '{"ocid":"forged"}' }));
    expect(plan(changed, "")).toEqual({ seqs: [3], stop: "fork" });
  });

  test("R3: an entry of another channel or origin is a fork, for the chain names both", () => {
    expect(new MemoryChannel().receive(second, written(1), nowMs).stop).toBe("fork");
  });

  test("a ts that does not rise is a fork, even on a right chain", () => {
    const [entry] = written(1) as [Entry];
    const channel = new MemoryChannel();
    channel.receive(first, [entry], nowMs);
    const same = chained('{"ocid":"b"}', { ts: entry.ts, seq: 2 }, entry.chain);

    expect(channel.receive(first, [same], nowMs).stop).toBe("fork");
  });

  test("an entry from the future waits until its time has come", () => {
    const log = written(1, first, "any", nowMs + CLOCK_SKEW_MS_MAX + 1);
    const channel = new MemoryChannel();

    expect(channel.receive(first, log, nowMs)).toMatchObject({ taken: 0, stop: "future" });
    expect(channel.receive(first, log, nowMs + 1)).toMatchObject({ taken: 1, stop: undefined });
  });

  test.each(["{}", '{"ocid":5}', "{broken}"])("%s stops its log as undecodable", (line) => {
    const channel = new MemoryChannel();

    expect(channel.receive(first, [chained(line)], nowMs)).toMatchObject({
      taken: 0,
      stop: "undecodable",
    });
    expect(channel.receive(second, written(1, second), nowMs).taken).toBe(1);
  });

  test("what comes before the bad entry is stored", () => {
    const log = written(3);
    const damaged = log.map((entry) => (entry.seq === 3 ? { ...entry, line: "{}" } : entry));

    expect(new MemoryChannel().receive(first, damaged, nowMs)).toMatchObject({
      taken: 2,
      stop: "fork",
    });
  });

  test("R10: one call takes at most its limit of entries, the rest waits its turn", () => {
    const log = written(limits.BATCH_ENTRIES_MAX + 5);
    const channel = new MemoryChannel();

    expect(channel.receive(first, log, nowMs + 9999)).toMatchObject({
      taken: limits.BATCH_ENTRIES_MAX,
      stop: undefined,
    });
    expect(channel.receive(first, log, nowMs + 9999).taken).toBe(log.length);
    expect(channel.entriesOf(first)).toEqual(log);
  });

  test("R10: one call takes at most its limit of characters, but always one entry", () => {
    const third = written(4, first, "x".repeat(Math.floor(limits.BATCH_CHARS_MAX / 3) - 200));
    const huge = written(2, second, "x".repeat(limits.BATCH_CHARS_MAX));
    const channel = new MemoryChannel();

    expect(channel.receive(first, third, nowMs).taken).toBe(3);
    expect(channel.receive(second, huge, nowMs).taken).toBe(1);
  });

  test("one call stays within one dedup window", () => {
    const channel = new MemoryChannel();
    const { windowMs } = channel.log;
    const edgeMs = (rollOf(nowMs * 1000, windowMs) + 1) * windowMs;
    const log = written(4, first, "any", edgeMs - 2);

    expect(channel.receive(first, log, edgeMs).taken).toBe(2);
    expect(channel.receive(first, log.slice(2), edgeMs).taken).toBe(2);
  });
});
