import { START } from "@dred/protocol";
import type { Entry } from "@dred/protocol";
import type { StoreSession } from "@dred/server";
import { describe, expect, test } from "vitest";
import { commitOf, entriesAfter, news, rangeOf, second } from "./storeSamples.ts";
import type { StoreSubject } from "./StoreSubject.ts";

/** Reading logs and the registry. */
export function describeReading(subject: StoreSubject): void {
  test("a channel takes bytes, and none when it is dropped", async () => {
    const session = await subject.openNews();
    await session.commit(news, commitOf(entriesAfter(START, 1)), subject.options);
    const little = await session.bytes(news, subject.options);
    await session.dropChannel(news, subject.options);

    expect(little).toBeGreaterThan(0);
    expect(await session.bytes(news, subject.options)).toBe(0);
  });

  describe("range", () => {
    async function fill(count: number): Promise<StoreSession> {
      const session = await subject.openNews();
      await session.commit(news, commitOf(entriesAfter(START, count)), subject.options);
      return session;
    }
    const seqs = (entries: readonly Entry[]): number[] => entries.map(({ seq }) => seq);

    test("reads between two ts, both left out, in both orders", async () => {
      const session = await fill(6);
      const between = { afterTs: 20, beforeTs: 50 };

      const up = await session.range(news, rangeOf(between), subject.options);
      const down = await session.range(
        news,
        rangeOf({ ...between, order: "desc" }),
        subject.options,
      );

      expect(seqs(up)).toEqual([3, 4]);
      expect(seqs(down)).toEqual([4, 3]);
    });

    test("stops at the number of entries and at the characters", async () => {
      const session = await fill(200);
      const [entry] = entriesAfter(START, 1) as [Entry];

      const counted = await session.range(news, rangeOf({ entriesMax: 150 }), subject.options);
      const charsMax = entry.line.length + 1;
      const measured = await session.range(news, rangeOf({ charsMax }), subject.options);
      const backwards = rangeOf({ entriesMax: 150, order: "desc" });

      expect(counted).toHaveLength(150);
      expect(seqs(measured)).toEqual([1, 2]);
      expect((await session.range(news, backwards, subject.options)).at(-1)?.seq).toBe(51);
    });

    test("gives nothing of an unknown log, an empty interval or below every ts", async () => {
      const session = await fill(2);

      const unknown = await session.range(news, rangeOf({ origin: second }), subject.options);
      const empty = await session.range(
        news,
        rangeOf({ afterTs: 10, beforeTs: 20 }),
        subject.options,
      );
      const below = await session.range(news, rangeOf({ beforeTs: 0 }), subject.options);

      expect([unknown, empty, below]).toEqual([[], [], []]);
    });
  });

  describe("registry", () => {
    test("keeps the last value of each field, over sessions", async () => {
      const session = await subject.open();
      await session.writeRegistry(
        {
          records: [
            ["channel:a", "1"],
            ["#epoch", "2"],
          ],
          mayExceedMemory: false,
        },
        subject.options,
      );
      await session.writeRegistry(
        {
          records: [
            ["channel:a", "3"],
            ["##", "4"],
          ],
          mayExceedMemory: false,
        },
        subject.options,
      );
      await session.close();

      const later = await subject.open({ instance: "two" });

      const records = await later.loadRegistry(subject.options);
      expect(new Map(records)).toEqual(
        new Map([
          ["##", "4"],
          ["#epoch", "2"],
          ["channel:a", "3"],
        ]),
      );
    });

    test("removes a field that is given an empty value", async () => {
      const session = await subject.open();
      const write = (fields: Readonly<Record<string, string>>): Promise<void> =>
        session.writeRegistry(
          { records: Object.entries(fields), mayExceedMemory: false },
          subject.options,
        );
      await write({ a: "1", b: "2" });

      await write({ a: "", b: "3", c: "" });

      expect(await session.loadRegistry(subject.options)).toEqual([["b", "3"]]);
    });

    test("takes more records than fit on a script's stack", async () => {
      const session = await subject.open();
      const records = Array.from({ length: 5_000 }, (_, n): [string, string] => [`f${n}`, "v"]);

      await session.writeRegistry({ records, mayExceedMemory: false }, subject.options);

      expect(await session.loadRegistry(subject.options)).toHaveLength(5_000);
    });
  });
}
