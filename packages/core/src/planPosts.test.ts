import { limits, parseChannelKey, parseOriginId } from "@dred/protocol";
import type { Entry } from "@dred/protocol";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { pendingPost } from "./__tests__/MemoryChannel.ts";
import { sha256 } from "./__tests__/sha256.ts";
import { chainThrough } from "./chainHash.ts";
import { createChannelLog } from "./channelLog.ts";
import type { ChannelLog } from "./channelLog.ts";
import { applyCommit } from "./commitPlan.ts";
import { parseIndexed, rollOf } from "./identityIndex.ts";
import { planPosts } from "./planPosts.ts";
import type { PendingPost } from "./planPosts.ts";

const channel = parseChannelKey("news~0");
const origin = parseOriginId("first.aaa00");
const nowMs = 1_763_923_555_123;
const context = { origin, nowMs, sha256 };

function posts(count: number, msg = "any"): PendingPost[] {
  return Array.from({ length: count }, (_, index) => pendingPost(`o${index}`, msg));
}

/** A channel whose clock stands `microseconds` before the end of a dedup window. */
function logBeforeRoll(microseconds: number): ChannelLog {
  const log = createChannelLog(channel);
  const windowUs = log.windowMs * 1000;
  log.largestTs = (rollOf(nowMs * 1000, log.windowMs) + 1) * windowUs - 1 - microseconds;
  return log;
}

describe("planning posts", () => {
  test("R1: seq goes on without a hole, ts rises, the chain runs through", () => {
    const anyBatch = fc.record({ size: fc.integer({ min: 1, max: 4 }), step: fc.integer() });
    fc.assert(
      fc.property(fc.array(anyBatch, { minLength: 1, maxLength: 6 }), (batches) => {
        const log = createChannelLog(channel);
        let [seq, ts, chain] = [0, 0, ""];
        for (const { size, step } of batches) {
          const clock = Math.max(0, nowMs + (step % 5000));
          const plan = planPosts(log, posts(size), { ...context, nowMs: clock });
          for (const entry of plan.entries) {
            expect(entry.seq).toBe(++seq);
            expect(entry.ts).toBeGreaterThan(ts);
            expect(entry.chain).toBe(chainThrough(sha256, { channel, origin }, chain, entry));
            ({ ts, chain } = entry);
          }
          applyCommit(log, plan);
        }
      }),
    );
  });

  test("each entry has its identity, where it lies and what it says", () => {
    const [post] = posts(1);
    const plan = planPosts(createChannelLog(channel), posts(1), context);

    const [identity] = plan.identities;
    expect(identity).toMatchObject({ digest: post?.digest, expected: "" });
    const [{ ts, seq }] = [...plan.entries] as [Entry];
    expect(parseIndexed(identity?.value ?? "")).toEqual({
      origin,
      ts,
      seq,
      contentHash: post?.contentHash,
    });
  });

  test("R10: a plan ends at the limit of entries", () => {
    const plan = planPosts(createChannelLog(channel), posts(limits.BATCH_ENTRIES_MAX + 1), context);

    expect(plan.entries).toHaveLength(limits.BATCH_ENTRIES_MAX);
  });

  test("R10: a plan ends at the limit of characters, and a larger message goes alone", () => {
    const third = posts(4, "x".repeat(Math.floor(limits.BATCH_CHARS_MAX / 3) - 200));
    const [huge] = posts(1, "x".repeat(limits.BATCH_CHARS_MAX + 1)) as [PendingPost];
    const plan = (all: readonly PendingPost[]): number =>
      planPosts(createChannelLog(channel), all, context).entries.length;

    expect([plan(third), plan([huge, ...third]), plan([...third.slice(2), huge])]).toEqual([
      3, 1, 2,
    ]);
  });

  test("a plan ends where a dedup window ends, and the next begins the next window", () => {
    const log = logBeforeRoll(2);

    const plan = planPosts(log, posts(5), context);
    applyCommit(log, plan);
    const next = planPosts(log, posts(5).slice(2), context);

    expect([plan.entries.length, next.entries.length]).toEqual([2, 3]);
    expect(next.roll).toBe(plan.roll + 1);
    for (const { entries, roll } of [plan, next]) {
      expect(entries.every(({ ts }) => rollOf(ts, log.windowMs) === roll)).toBe(true);
    }
  });

  test("R6: a second post of one identity waits for the first", () => {
    const [first, second] = posts(2) as [PendingPost, PendingPost];

    const plan = planPosts(createChannelLog(channel), [first, second, first], context);

    expect(plan.identities.map(({ digest }) => digest)).toEqual([first.digest, second.digest]);
    expect(plan.entries).toHaveLength(2);
  });
});
