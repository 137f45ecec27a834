import { START } from "@dred/protocol";
import type { StoreSession } from "@dred/server";
import { describe, expect, test } from "vitest";
import {
  chainOf,
  commitOf,
  entriesAfter,
  first,
  news,
  rangeOf,
  second,
  windowMs,
} from "./storeSamples.ts";
import { codeOf } from "./StoreSubject.ts";
import type { StoreSubject } from "./StoreSubject.ts";

/** What a store refuses, notices and survives. */
export function describeFaults(subject: StoreSubject): void {
  describe("fence", () => {
    /** Every writing call of a session on an opened channel. */
    function writes(session: StoreSession): Promise<string>[] {
      const base = { ts: 10, seq: 1, chain: chainOf(1) };
      return [
        codeOf(session.commit(news, commitOf(entriesAfter(START, 1)), subject.options)),
        codeOf(session.skip(news, { origin: second, expected: START, base }, subject.options)),
        codeOf(session.trim(news, { origin: first, base, twinsGone: [] }, subject.options)),
        codeOf(session.settleIndex(news, windowMs, subject.options)),
        codeOf(
          session.writeRegistry({ records: [["a", "b"]], mayExceedMemory: false }, subject.options),
        ),
        codeOf(session.renew(subject.options)),
      ];
    }
    const allFenced = Array.from({ length: 6 }, () => "store-fenced");

    test("R2: nothing is written to a store that was flushed", async () => {
      const session = await subject.openNews();
      await subject.harness.flush();

      expect(await Promise.all(writes(session))).toEqual(allFenced);
      expect(await codeOf(session.openChannel(news, windowMs, subject.options))).toBe(
        "store-fenced",
      );
    });

    test("R2: a store that lost its registry is fenced when its lease is renewed", async () => {
      const session = await subject.openNews();
      expect(await codeOf(session.renew(subject.options))).toBe("no error");
      await subject.harness.removeRegistry();

      expect(await codeOf(session.renew(subject.options))).toBe("store-fenced");
      const later = await subject.open({ isEpochLost: true });
      expect(await codeOf(later.renew(subject.options))).toBe("no error");
    });

    test("R2: nothing is written after a restart or failover, and then the epoch ends", async () => {
      const session = await subject.openNews();
      await subject.harness.changeReplid(news);

      expect(await Promise.all(writes(session))).toEqual(allFenced);
      const later = await subject.open();
      expect(later.epoch).not.toBe(session.epoch);
      expect(later.storeId).toBe(session.storeId);
      expect(subject.minted).toEqual([undefined, session.epoch]);
    });

    test("R2: nothing is written after another session opened the store", async () => {
      const session = await subject.openNews();
      const other = await subject.open({ instance: "two" });
      await other.openChannel(news, windowMs, subject.options);

      expect(await Promise.all(writes(session))).toEqual(allFenced);
      const reply = await other.commit(news, commitOf(entriesAfter(START, 1)), subject.options);
      expect(reply).toEqual({ status: "done" });
    });

    test("R2: nothing is written to a channel with a newer epoch's stamp", async () => {
      const session = await subject.openNews();
      await subject.harness.stampNewer(news);

      const commit = session.commit(news, commitOf(entriesAfter(START, 1)), subject.options);

      expect(await codeOf(commit)).toBe("store-fenced");
      expect(await codeOf(session.openChannel(news, windowMs, subject.options))).toBe(
        "store-fenced",
      );
      expect(await codeOf(session.dropChannel(news, subject.options))).toBe("store-fenced");
    });

    test("writes nothing to a channel that was not opened", async () => {
      const session = await subject.open();

      const commit = session.commit(news, commitOf(entriesAfter(START, 1)), subject.options);

      expect(await codeOf(commit)).toBe("store-fenced");
      expect(await session.channels(subject.options)).toEqual([]);
    });
  });

  describe("outage", () => {
    test("fails while it cannot be reached and goes on afterwards", async () => {
      const session = await subject.openNews();
      const entries = entriesAfter(START, 1);
      subject.harness.goAway();

      const commit = session.commit(news, commitOf(entries), subject.options);
      expect(await codeOf(commit)).toBe("store-unavailable");
      expect(await codeOf(session.range(news, rangeOf(), subject.options))).toBe(
        "store-unavailable",
      );

      subject.harness.comeBack();
      await expect
        .poll(() => codeOf(session.renew(subject.options)), { timeout: 10_000 })
        .toBe("no error");
      await expect
        .poll(() => codeOf(session.range(news, rangeOf(), subject.options)), { timeout: 10_000 })
        .toBe("no error");
      await session.openChannel(news, windowMs, subject.options);
      expect(await session.commit(news, commitOf(entries), subject.options)).toEqual({
        status: "done",
      });
    });

    test("rejects with the signal's reason when it is cancelled", async () => {
      const session = await subject.openNews();
      const reason = new Error("no longer wanted");

      const renewal = session.renew({ signal: AbortSignal.abort(reason) });

      await expect(renewal).rejects.toBe(reason);
    });
  });
}
