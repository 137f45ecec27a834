import { START } from "@dred/protocol";
import type { Entry } from "@dred/protocol";
import { describe, expect, test } from "vitest";
import { commitOf, entriesAfter, news, rangeOf, second, windowMs } from "./storeSamples.ts";
import type { StoreSubject } from "./StoreSubject.ts";

/** How a store forgets what a log holds behind a place. */
export function describeShortening(subject: StoreSubject): void {
  describe("shortening", () => {
    test("a log is shortened to where it is whole, and goes on from there", async () => {
      const session = await subject.openFilled();
      const [one, two, three] = entriesAfter(START, 3) as [Entry, Entry, Entry];
      const head = { ts: one.ts, seq: one.seq, chain: one.chain };

      const stale = { origin: second, expected: two, head };
      expect(await session.shorten(news, stale, subject.options)).toMatchObject({
        status: "mismatch",
        head: { seq: 3 },
      });
      const cut = { origin: second, expected: three, head };
      expect(await session.shorten(news, cut, subject.options)).toEqual({ status: "done" });

      const { heads, faults } = await session.openChannel(news, windowMs, subject.options);
      expect([heads.get(second), faults.size]).toEqual([head, 0]);
      const again = commitOf([two, three], { origin: second, expected: one, prefix: "n" });
      expect(await session.commit(news, again, subject.options)).toEqual({ status: "done" });
      const range = rangeOf({ origin: second });
      expect(await session.range(news, range, subject.options)).toEqual([one, two, three]);
    });

    test("R1: a log that does not hold all that is to be kept is not shortened", async () => {
      const session = await subject.openFilled();
      const [, two, three] = entriesAfter(START, 3) as [Entry, Entry, Entry];
      await subject.harness.remove(news, `log:${second}`);
      for (const held of [two, three]) await subject.harness.appendOnly(news, second, held);
      const head = { ts: two.ts, seq: two.seq, chain: two.chain };

      const cut = session.shorten(news, { origin: second, expected: three, head }, subject.options);

      expect(await cut).toEqual({ status: "mismatch", head: START });
      const range = rangeOf({ origin: second });
      expect(await session.range(news, range, subject.options)).toEqual([two, three]);
    });

    test("a log of which nothing is left begins again", async () => {
      const session = await subject.openFilled();
      const [one, , three] = entriesAfter(START, 3) as [Entry, Entry, Entry];
      await subject.harness.remove(news, `log:${second}`);

      const cut = { origin: second, expected: three, head: { ts: 0, seq: 0, chain: "" } };
      expect(await session.shorten(news, cut, subject.options)).toEqual({ status: "done" });

      const { heads, faults } = await session.openChannel(news, windowMs, subject.options);
      expect([heads.get(second), faults.size]).toEqual([undefined, 0]);
      const again = commitOf([one], { origin: second, prefix: "n" });
      expect(await session.commit(news, again, subject.options)).toEqual({ status: "done" });
    });
  });
}
