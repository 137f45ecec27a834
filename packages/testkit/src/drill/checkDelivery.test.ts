import { describe, expect, test } from "vitest";
import { checkDelivery } from "./checkDelivery.ts";
import type { Delivered } from "./checkDelivery.ts";
import type { Acked } from "./Ledger.ts";
import type { Received } from "./Reader.ts";

const ORIGIN = "first.m2k9xqa7";
const channel = "news";

function received(counter: number, changes: Partial<Received> = {}): Received {
  const mid = `${ORIGIN}/${1000 + counter}-${counter}`;
  const plain = { channel, mid, ocid: `w-${counter}`, content: `text ${counter}` };
  return { ...plain, isConflict: false, ...changes };
}

const acked: readonly Acked[] = [1, 2, 3, 4, 5].map((counter) => {
  const { mid, ocid, content } = received(counter);
  return { writer: "w", counter, channel, ocid, mid, content, mayBeLost: false };
});
const posted = new Map(acked.map(({ ocid, content }) => [ocid, new Set([content])]));

function check(...readers: readonly (readonly Received[])[]) {
  const named = readers.map((list, index): Delivered => ({ name: `r${index}`, received: list }));
  return checkDelivery({ acked, posted, readers: named });
}

const all = [1, 2, 3, 4, 5].map((counter) => received(counter));
const without = (...counters: readonly number[]) =>
  all.filter((_, index) => !counters.includes(index + 1));

describe("what readers got is compared with what writers were told", () => {
  test("nothing is wrong when everybody got everything", () => {
    expect(check(all, all)).toEqual({
      acked: 5,
      delivered: 10,
      lost: 0,
      unexpected: 0,
      twice: 0,
      outOfOrder: 0,
      otherContent: 0,
      faults: [],
    });
  });

  test.each([
    ["prefix", [1, 2]],
    ["middle", [3]],
    ["tail", [4, 5]],
    ["prefix, middle, tail", [1, 3, 5]],
    ["all", [1, 2, 3, 4, 5]],
  ])("what is lost is told by its place: %s", (place, counters) => {
    const report = check(all, without(...counters));

    expect(report.lost).toBe(counters.length);
    expect(report.faults).toEqual([
      expect.stringMatching(`^r1 lost .* of w in news \\(${place}\\)`),
    ]);
  });

  test("a message that was sent again is twice and out of order", () => {
    expect(check([...all, received(5)])).toMatchObject({ lost: 0, twice: 1, outOfOrder: 1 });
  });

  test("a twin under another position is twice", () => {
    const twin = received(5, { mid: "second.m2k9xqa8/2000-1" });

    expect(check([...all, twin])).toMatchObject({ twice: 1, outOfOrder: 0, otherContent: 0 });
  });

  test("an older position behind a newer one of its origin is out of order", () => {
    const swapped = [received(2), received(1), ...without(1, 2)];

    expect(check(swapped)).toMatchObject({ lost: 0, twice: 0, outOfOrder: 1 });
  });

  test("a position with two contents is seen across readers, and against what was answered", () => {
    const other = received(3, { ocid: "w-9", content: "text 9" });

    const report = check([...without(3), other]);

    expect(report).toMatchObject({ otherContent: 1, unexpected: 1, lost: 1 });
  });

  test("an ocid with content that nobody posted is unexpected", () => {
    expect(check([...all, received(6)])).toMatchObject({ unexpected: 1, lost: 0 });
  });

  test("what may be lost is not missed, and has one content all the same", () => {
    const loose = acked.map((message) => ({ ...message, mayBeLost: true }));
    const other = received(3, { ocid: "w-4", content: "text 4" });
    const readers = [{ name: "r0", received: [other] }];

    const report = checkDelivery({ acked: loose, posted, readers });

    expect(report).toMatchObject({ acked: 5, lost: 0, otherContent: 1 });
  });

  test("the same counters in another channel are other messages", () => {
    const elsewhere = all.map((message) => ({ ...message, channel: "other" }));

    expect(check(elsewhere)).toMatchObject({ lost: 5, twice: 0, otherContent: 0 });
  });
});
