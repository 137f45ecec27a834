import { START } from "@dred/protocol";
import type { Entry } from "@dred/protocol";
import type { StoreSession } from "@dred/server";
import { describe, expect, test } from "vitest";
import { commitOf, entriesAfter, news, windowMs } from "./storeSamples.ts";
import type { StoreSubject } from "./StoreSubject.ts";

/** What a store remembers of the windows in which it indexed a channel. */
export function describeWindows(subject: StoreSubject): void {
  const longer = 2 * windowMs;

  /** Whether an opening for these windows says that all is to be indexed. */
  async function isDue(session: StoreSession, ms: number): Promise<boolean> {
    return (await session.openChannel(news, ms, subject.options)).isIndexLost;
  }

  async function openIndexed(): Promise<StoreSession> {
    const session = await subject.openNews();
    await session.commit(news, commitOf(entriesAfter(START, 2)), subject.options);
    return session;
  }

  describe("dedup windows", () => {
    test("R6: a channel keeps the windows for which it was opened first", async () => {
      const session = await openIndexed();
      expect(await isDue(session, windowMs)).toBe(false);
      await session.close();

      expect(await isDue(await subject.open({ instance: "two" }), windowMs)).toBe(false);
    });

    test("R6: others are said to every process and epoch, until they are settled", async () => {
      const session = await openIndexed();
      expect(await isDue(session, longer)).toBe(true);
      await session.close();

      const next = await subject.open({ instance: "two", isEpochLost: true });
      expect([await isDue(next, longer), await isDue(next, longer)]).toEqual([true, true]);
      await next.settleIndex(news, longer, subject.options);

      expect([await isDue(next, longer), await isDue(next, windowMs)]).toEqual([false, true]);
    });

    test("R6: a commit settles nothing", async () => {
      const session = await openIndexed();
      const [, two, three] = entriesAfter(START, 3);
      expect(await isDue(session, longer)).toBe(true);

      const commit = commitOf([three!], { expected: two!, windowMs: longer });
      expect(await session.commit(news, commit, subject.options)).toEqual({ status: "done" });

      expect(await isDue(session, longer)).toBe(true);
    });

    test("R6: what is settled late, for windows that are no longer asked for, is not", async () => {
      const session = await openIndexed();
      expect(await isDue(session, longer)).toBe(true);
      expect(await isDue(session, windowMs)).toBe(true); // some may be in the longer ones now

      await session.settleIndex(news, longer, subject.options);
      expect(await isDue(session, windowMs)).toBe(true);
      await session.settleIndex(news, windowMs, subject.options);
      await session.settleIndex(news, longer, subject.options);

      expect(await isDue(session, windowMs)).toBe(false);
    });

    test("R6: nothing is written for windows that are no longer the channel's", async () => {
      const session = await openIndexed();
      const [, two, three] = entriesAfter(START, 3) as [Entry, Entry, Entry];
      expect(await isDue(session, longer)).toBe(true);
      await session.settleIndex(news, longer, subject.options);

      const late = commitOf([three], { expected: two });
      const again = commitOf([two], { expected: two, prefix: "again" });
      const mismatch = { status: "mismatch", head: { ts: two.ts, seq: two.seq } };
      expect(await session.commit(news, late, subject.options)).toEqual(mismatch);
      expect(await session.reindex(news, again, subject.options)).toEqual(mismatch);

      const commit = commitOf([three], { expected: two, windowMs: longer });
      expect(await session.commit(news, commit, subject.options)).toEqual({ status: "done" });
      expect(await isDue(session, longer)).toBe(false);
    });

    test("a dropped channel begins in the windows for which it is opened next", async () => {
      const session = await openIndexed();
      await session.dropChannel(news, subject.options);

      expect(await isDue(session, longer)).toBe(false);
    });
  });
}
