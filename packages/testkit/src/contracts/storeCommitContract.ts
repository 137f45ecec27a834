import { START } from "@dred/protocol";
import type { Entry } from "@dred/protocol";
import { describe, expect, test } from "vitest";
import {
  chainOf,
  commitOf,
  entriesAfter,
  first,
  indexedAt,
  news,
  rangeOf,
  second,
  windowMs,
} from "./storeSamples.ts";
import type { StoreSubject } from "./StoreSubject.ts";

/** Appending: heads, the index of identities, twins. */
export function describeCommits(subject: StoreSubject): void {
  describe("commit", () => {
    test("appends entries, moves the head and lists the channel", async () => {
      const session = await subject.openNews();
      const entries = entriesAfter(START, 3);

      const reply = await session.commit(news, commitOf(entries), subject.options);

      expect(reply).toEqual({ status: "done" });
      const { heads, bases } = await session.openChannel(news, windowMs, subject.options);
      expect([...heads]).toEqual([[first, { ts: 30, seq: 3, chain: chainOf(3) }]]);
      expect([...bases]).toEqual([]);
      expect(await session.range(news, rangeOf(), subject.options)).toEqual(entries);
      expect(await session.channels(subject.options)).toEqual([news]);
    });

    test("writes nothing when the head is another", async () => {
      const session = await subject.openNews();
      const [one, two, three] = entriesAfter(START, 3) as [Entry, Entry, Entry];
      await session.commit(news, commitOf([one]), subject.options);

      const repeated = commitOf([one], { prefix: "other" });
      const beyond = commitOf([three], { expected: two, prefix: "other" });
      const replies = [
        await session.commit(news, repeated, subject.options),
        await session.commit(news, beyond, subject.options),
      ];

      const mismatch = { status: "mismatch", head: { ts: 10, seq: 1 } };
      expect(replies).toEqual([mismatch, mismatch]);
      expect(await session.range(news, rangeOf(), subject.options)).toEqual([one]);
    });

    test.each([6, 7, 8])("R6: tells what the index holds in roll %i", async (roll) => {
      const session = await subject.openNews();
      const [entry] = entriesAfter(START, 1) as [Entry];
      await session.commit(news, commitOf([entry], { roll }), subject.options);
      const next = entriesAfter(entry, 2);
      const again = commitOf(next, { expected: entry, prefix: "e" });
      const identities = again.identities.map((identity, index) =>
        index === 1 ? { ...identity, digest: "d1" } : identity,
      );

      const reply = await session.commit(news, { ...again, identities }, subject.options);

      expect(reply).toEqual({ status: "known", values: new Map([["d1", indexedAt(entry)]]) });
      expect(await session.range(news, rangeOf(), subject.options)).toEqual([entry]);
    });

    test("tells that the index holds nothing where something was expected", async () => {
      const session = await subject.openNews();
      const [entry] = entriesAfter(START, 1) as [Entry];
      const identities = [{ digest: "d1", value: indexedAt(entry), expected: "elsewhere" }];

      const reply = await session.commit(news, commitOf([entry], { identities }), subject.options);

      expect(reply).toEqual({ status: "known", values: new Map([["d1", ""]]) });
    });

    test("stores a twin beside the first and keeps the first in the index", async () => {
      const session = await subject.openNews();
      const [mine] = entriesAfter(START, 1) as [Entry];
      await session.commit(news, commitOf([mine]), subject.options);
      const [theirs] = entriesAfter({ ts: 100, seq: 0 }, 1) as [Entry];
      const known = indexedAt(mine);
      const identity = { digest: "d1", value: indexedAt(theirs, second), expected: known };
      const twins = new Map([["d1", `${known},${identity.value}`]]);
      const commit = commitOf([theirs], { origin: second, identities: [identity], twins });

      expect(await session.commit(news, commit, subject.options)).toEqual({ status: "done" });

      expect((await session.openChannel(news, windowMs, subject.options)).twins).toEqual(twins);
      const [third] = entriesAfter(theirs, 1) as [Entry];
      const later = commitOf([third], { origin: second, expected: theirs, prefix: "f" });
      const repeat = { ...later, identities: [{ ...identity, expected: "" }] };
      const reply = await session.commit(news, repeat, subject.options);
      expect(reply).toEqual({ status: "known", values: new Map([["d1", known]]) });
    });

    test("takes 500 entries and numbers just below 2^53", async () => {
      const session = await subject.openNews();
      const start = { ts: Number.MAX_SAFE_INTEGER - 10_000, seq: 0 };
      const entries = entriesAfter(start, 500);

      const reply = await session.commit(news, commitOf(entries), subject.options);

      expect(reply).toEqual({ status: "done" });
      expect(await session.range(news, rangeOf(), subject.options)).toEqual(entries);
      const { heads } = await session.openChannel(news, windowMs, subject.options);
      expect(heads.get(first)?.ts).toBe(Number.MAX_SAFE_INTEGER - 5_000);
    });

    test("keeps text as it is", async () => {
      const session = await subject.openNews();
      const line = `{"msg":"\u0000 \\u2028 😀 é ${"long ".repeat(1000)}"}`;
      const entries = entriesAfter(START, 1).map((entry) => ({ ...entry, line }));

      await session.commit(news, commitOf(entries), subject.options);

      expect((await session.range(news, rangeOf(), subject.options))[0]?.line).toBe(line);
    });
  });
}
