import { START, toOriginId } from "@dred/protocol";
import type { Entry } from "@dred/protocol";
import { describe, expect, test } from "vitest";
import {
  chainOf,
  commitOf,
  entriesAfter,
  first,
  news,
  rangeOf,
  second,
  serverId,
  windowMs,
} from "./storeSamples.ts";
import { codeOf } from "./StoreSubject.ts";
import type { StoreSubject } from "./StoreSubject.ts";

/** Taking entries and channels away. */
export function describeRemoval(subject: StoreSubject): void {
  describe("trim, skip and drop", () => {
    const base = { ts: 20, seq: 2, chain: chainOf(2) };

    test("R5: a trim removes through its base and is remembered", async () => {
      const session = await subject.openNews();
      const entries = entriesAfter(START, 3);
      await session.commit(
        news,
        commitOf(entries, { twins: new Map([["d1", "a,b"]]) }),
        subject.options,
      );

      await session.trim(news, { origin: first, base, twinsGone: ["d1"] }, subject.options);

      expect(await session.range(news, rangeOf(), subject.options)).toEqual(entries.slice(2));
      const stored = await session.openChannel(news, windowMs, subject.options);
      expect(stored.bases.get(first)).toEqual(base);
      expect(stored.heads.get(first)?.seq).toBe(3);
      expect(stored.twins.size).toBe(0);
    });

    test("an older trim changes nothing", async () => {
      const session = await subject.openNews();
      await session.commit(news, commitOf(entriesAfter(START, 3)), subject.options);
      await session.trim(news, { origin: first, base, twinsGone: [] }, subject.options);
      const older = { ts: 10, seq: 1, chain: chainOf(1) };

      await session.trim(news, { origin: first, base: older, twinsGone: [] }, subject.options);

      expect((await session.openChannel(news, windowMs, subject.options)).bases.get(first)).toEqual(
        base,
      );
    });

    test("a log that is trimmed away keeps its head and goes on", async () => {
      const session = await subject.openNews();
      const [one, two, three] = entriesAfter(START, 3) as [Entry, Entry, Entry];
      await session.commit(news, commitOf([one, two]), subject.options);

      await session.trim(news, { origin: first, base, twinsGone: [] }, subject.options);

      expect((await session.openChannel(news, windowMs, subject.options)).heads.get(first)).toEqual(
        base,
      );
      const reply = await session.commit(
        news,
        commitOf([three], { expected: two }),
        subject.options,
      );
      expect(reply).toEqual({ status: "done" });
      expect(await session.range(news, rangeOf(), subject.options)).toEqual([three]);
    });

    test("R2: refuses to trim what it never held", async () => {
      const session = await subject.openNews();
      await session.commit(news, commitOf(entriesAfter(START, 1)), subject.options);

      const trim = session.trim(news, { origin: first, base, twinsGone: [] }, subject.options);

      expect(await codeOf(trim)).toBe("store-fenced");
    });

    test("R1: a skip moves head and base over what is dead", async () => {
      const session = await subject.openNews();
      const [one] = entriesAfter(START, 1) as [Entry];
      await session.commit(news, commitOf([one], { origin: second }), subject.options);
      const gap = { ts: 70, seq: 7, chain: chainOf(7) };

      const stale = { origin: second, expected: START, base: gap };
      expect(await session.skip(news, stale, subject.options)).toEqual({
        status: "mismatch",
        head: { ts: 10, seq: 1 },
      });
      const skip = { origin: second, expected: one, base: gap };
      expect(await session.skip(news, skip, subject.options)).toEqual({ status: "done" });

      const stored = await session.openChannel(news, windowMs, subject.options);
      expect(stored.heads.get(second)).toEqual(gap);
      expect(stored.bases.get(second)).toEqual(gap);
      expect(await session.range(news, rangeOf({ origin: second }), subject.options)).toEqual([]);
      const next = commitOf(entriesAfter(gap, 1), { origin: second, expected: gap });
      expect(await session.commit(news, next, subject.options)).toEqual({ status: "done" });
    });

    test("a dropped channel is gone, index included, and can begin again", async () => {
      const session = await subject.openNews();
      const commit = commitOf(entriesAfter(START, 2), { twins: new Map([["d1", "a,b"]]) });
      await session.commit(news, commit, subject.options);
      const own = toOriginId(serverId, session.epoch);
      const mine = commitOf(entriesAfter(START, 1), { origin: own, prefix: "own" });
      await session.commit(news, mine, subject.options);

      await session.dropChannel(news, subject.options);

      expect(await session.channels(subject.options)).toEqual([]);
      const stored = await session.openChannel(news, windowMs, subject.options);
      expect([stored.heads.size, stored.bases.size, stored.twins.size]).toEqual([0, 0, 0]);
      expect(await session.commit(news, commit, subject.options)).toEqual({ status: "done" });
    });

    test("a later session drops a channel that it never opened", async () => {
      const before = await subject.openNews();
      await before.commit(news, commitOf(entriesAfter(START, 2)), subject.options);
      await before.close();
      const session = await subject.open({ instance: "two" });

      await session.dropChannel(news, subject.options);

      expect(await session.channels(subject.options)).toEqual([]);
    });
  });
}
