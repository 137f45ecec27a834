import { START, toOriginId } from "@dred/protocol";
import type { Entry } from "@dred/protocol";
import type { LogFault, StoreSession } from "@dred/server";
import { describe, expect, test } from "vitest";
import {
  chainOf,
  commitOf,
  entriesAfter,
  first,
  indexedAt,
  news,
  rangeOf,
} from "./storeSamples.ts";
import { second, serverId, windowMs } from "./storeSamples.ts";
import { codeOf } from "./StoreSubject.ts";
import type { StoreSubject } from "./StoreSubject.ts";

/** What a store says when its logs do not hold what they should, and how they are healed. */
export function describeDamage(subject: StoreSubject): void {
  const log = `log:${second}`;

  async function faultsOf(session: StoreSession): Promise<[string, LogFault][]> {
    return [...(await session.openChannel(news, windowMs, subject.options)).faults];
  }

  describe("a commit that died after its append", () => {
    test.each([first, second])(
      "R1: is ahead of its head until it is indexed (%s)",
      async (origin) => {
        const session = await subject.openNews();
        const [one, two] = entriesAfter(START, 2) as [Entry, Entry];
        await session.commit(news, commitOf([one], { origin }), subject.options);
        await subject.harness.appendOnly(news, origin, two);
        const head = { ts: two.ts, seq: two.seq };

        const again = commitOf([two], { origin, expected: one, prefix: "r" });
        const base = { ts: 90, seq: 9, chain: chainOf(9) };
        const skip = { origin, expected: one, base };
        expect(await session.commit(news, again, subject.options)).toEqual({
          status: "mismatch",
          head,
        });
        expect(await session.skip(news, skip, subject.options)).toEqual({
          status: "mismatch",
          head,
        });
        const stored = await session.openChannel(news, windowMs, subject.options);
        expect([stored.heads.get(origin)?.seq, stored.faults.get(origin)]).toEqual([1, "ahead"]);

        expect(await session.reindex(news, again, subject.options)).toEqual({ status: "done" });
        const healed = await session.openChannel(news, windowMs, subject.options);
        expect(healed.heads.get(origin)).toEqual({ ...head, chain: two.chain });
        expect(healed.faults.size).toBe(0);
        const [three] = entriesAfter(two, 1) as [Entry];
        const repeated = commitOf([three], { origin, expected: two });
        const identities = [{ ...repeated.identities[0]!, digest: "r2" }];
        expect(await session.commit(news, { ...repeated, identities }, subject.options)).toEqual({
          status: "known",
          values: new Map([["r2", indexedAt(two, origin)]]),
        });
      },
    );

    test("R1: a reindexing compares as a commit does, and needs the entries", async () => {
      const session = await subject.openFilled();
      const [one, two, three, four] = entriesAfter(START, 4) as [Entry, Entry, Entry, Entry];

      const stale = commitOf([two], { expected: one });
      const missing = commitOf([four], { expected: three });
      const known = commitOf([three], { expected: three, prefix: first });

      for (const plan of [stale, missing]) {
        expect(await session.reindex(news, plan, subject.options)).toMatchObject({
          status: "mismatch",
          head: { seq: 3 },
        });
      }
      expect(await session.reindex(news, known, subject.options)).toMatchObject({
        status: "known",
      });
      const older = commitOf([one, two], { expected: three, prefix: "anew" });
      expect(await session.reindex(news, older, subject.options)).toEqual({ status: "done" });
      const { heads, faults } = await session.openChannel(news, windowMs, subject.options);
      expect([heads.get(first)?.seq, faults.size]).toEqual([3, 0]);
    });
  });

  describe("damage", () => {
    test("R1: a log that lost its key is broken, and no other is", async () => {
      const session = await subject.openFilled();
      await subject.harness.remove(news, log);

      expect(await faultsOf(session)).toEqual([[second, "broken"]]);
      expect(await faultsOf(await subject.open())).toEqual([[second, "broken"]]);
    });

    test("R1: nothing is appended to a log that lost entries, and others go on", async () => {
      const session = await subject.openFilled();
      await subject.harness.remove(news, log);
      const [, , three, four] = entriesAfter(START, 4) as [Entry, Entry, Entry, Entry];

      const lost = commitOf([four], { origin: second, expected: three, prefix: "n" });
      expect(await session.commit(news, lost, subject.options)).toEqual({
        status: "mismatch",
        head: START,
      });
      const sound = commitOf([four], { expected: three, prefix: "n" });
      expect(await session.commit(news, sound, subject.options)).toEqual({ status: "done" });
    });

    test("R1: a log that is trimmed through the first entry behind a hole is whole", async () => {
      const session = await subject.openFilled();
      const [, two, three, four] = entriesAfter(START, 4) as [Entry, Entry, Entry, Entry];
      await subject.harness.remove(news, log);
      for (const held of [two, three]) await subject.harness.appendOnly(news, second, held);
      expect(await faultsOf(session)).toEqual([[second, "broken"]]);

      const base = { ts: two.ts, seq: two.seq, chain: two.chain };
      await session.trim(news, { origin: second, base, twinsGone: [] }, subject.options);

      const { heads, bases, faults } = await session.openChannel(news, windowMs, subject.options);
      expect([heads.get(second)?.seq, bases.get(second), faults.size]).toEqual([3, base, 0]);
      const next = commitOf([four], { origin: second, expected: three, prefix: "n" });
      expect(await session.commit(news, next, subject.options)).toEqual({ status: "done" });
    });

    test("a log of another type is unreadable until it is removed, and others go on", async () => {
      const session = await subject.openFilled();
      await subject.harness.spoil(news, log);
      const [, , three, four] = entriesAfter(START, 4) as [Entry, Entry, Entry, Entry];
      const next = { expected: three, prefix: "n" };
      const lost = commitOf([four], { ...next, origin: second });
      const base = { ts: 90, seq: 9, chain: chainOf(9) };
      const calls = [
        session.commit(news, lost, subject.options),
        session.reindex(news, lost, subject.options),
        session.skip(news, { origin: second, expected: three, base }, subject.options),
        session.trim(news, { origin: second, base: three, twinsGone: [] }, subject.options),
        session.range(news, rangeOf({ origin: second }), subject.options),
      ];
      expect(await Promise.all(calls.map(codeOf))).toEqual(calls.map(() => "store-damaged"));

      expect(await faultsOf(session)).toEqual([[second, "unreadable"]]);
      const sound = commitOf([four], next);
      expect(await session.commit(news, sound, subject.options)).toEqual({ status: "done" });
      await subject.harness.remove(news, log);
      expect(await faultsOf(session)).toEqual([[second, "broken"]]);
    });

    test.each(["twins", "ocid:7", "ocid:8"])(
      "%s of another type is removed, and said",
      async (part) => {
        const session = await subject.openFilled();
        await subject.harness.spoil(news, part);
        const [, , three, four] = entriesAfter(START, 4) as [Entry, Entry, Entry, Entry];
        const commit = commitOf([four], { expected: three, prefix: "n" });
        expect(await codeOf(session.commit(news, commit, subject.options))).toBe("store-damaged");

        const { isIndexLost, faults } = await session.openChannel(news, windowMs, subject.options);
        expect([isIndexLost, faults.size]).toEqual([true, 0]);
        await session.settleIndex(news, windowMs, subject.options);
        expect((await session.openChannel(news, windowMs, subject.options)).isIndexLost).toBe(
          false,
        );
        expect(await session.commit(news, commit, subject.options)).toEqual({ status: "done" });
      },
    );

    test.each(["remove", "spoil"] as const)(
      "R2: %s of meta ends the epoch, and the next rebuilds it",
      async (harm) => {
        const session = await subject.openFilled();
        const own = toOriginId(serverId, session.epoch);
        const mine = commitOf(entriesAfter(START, 1), { origin: own });
        await session.commit(news, mine, subject.options);
        const [one, two, three] = entriesAfter(START, 3) as [Entry, Entry, Entry];
        const base = { ts: one.ts, seq: one.seq, chain: one.chain };
        await session.trim(news, { origin: second, base, twinsGone: [] }, subject.options);
        await subject.harness[harm](news, "meta");

        expect(await codeOf(session.openChannel(news, windowMs, subject.options))).toBe(
          "store-fenced",
        );
        expect(await codeOf(session.openChannel(news, windowMs, subject.options))).toBe(
          "store-fenced",
        );
        const next = await subject.open({ isEpochLost: true });
        const stored = await next.openChannel(news, windowMs, subject.options);

        expect(new Map(stored.faults)).toEqual(
          new Map([first, own, second].map((origin) => [origin, "ahead"])),
        );
        expect(stored.heads.size).toBe(0);
        expect(stored.bases.get(second)).toEqual({ ts: two.ts - 1, seq: 1, chain: "" });
        const plan = commitOf([two, three], { origin: second, prefix: "n" });
        expect(await next.reindex(news, plan, subject.options)).toEqual({ status: "done" });
        const healed = await next.openChannel(news, windowMs, subject.options);
        expect([healed.heads.get(second)?.seq, healed.faults.has(second)]).toEqual([3, false]);
      },
    );

    test.each(["trimmed", "lost"])(
      "R2: a channel whose log was %s and that lost its meta ends the epoch that wrote there",
      async (what) => {
        const session = await subject.openFilled();
        const own = toOriginId(serverId, session.epoch);
        const [one] = entriesAfter(START, 1) as [Entry];
        await session.commit(news, commitOf([one], { origin: own }), subject.options);
        if (what === "trimmed") {
          const base = { ts: one.ts, seq: one.seq, chain: one.chain };
          await session.trim(news, { origin: own, base, twinsGone: [] }, subject.options);
        } else {
          await subject.harness.remove(news, `log:${own}`);
        }
        await subject.harness.remove(news, "meta");

        for (const again of [session, await subject.open()]) {
          expect(await codeOf(again.openChannel(news, windowMs, subject.options))).toBe(
            "store-fenced",
          );
        }
        const next = await subject.open({ isEpochLost: true });
        const { heads } = await next.openChannel(news, windowMs, subject.options);
        expect(heads.has(own)).toBe(false);
      },
    );

    test("R2: a lost channel where only others wrote does not end the epoch", async () => {
      const session = await subject.openFilled();
      for (const part of ["meta", `log:${first}`, log]) await subject.harness.remove(news, part);

      const { heads } = await session.openChannel(news, windowMs, subject.options);

      expect(heads.size).toBe(0);
    });

    test("a damaged channel can be dropped", async () => {
      const session = await subject.openFilled();
      for (const part of ["meta", log, "twins"]) await subject.harness.spoil(news, part);

      await session.dropChannel(news, subject.options);

      expect(await session.channels(subject.options)).toEqual([]);
    });
  });
}
