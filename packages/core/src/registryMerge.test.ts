import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { sha256 } from "./__tests__/sha256.ts";
import { mergeValue, RegistryDigest } from "./registryMerge.ts";

const anyStamp = fc.record({ ts: fc.nat({ max: 3 }), origin: fc.constantFrom("a.aa0", "b.aa0") });
const channelOf = fc.record({
  kind: fc.constant("channel"),
  generation: fc.nat({ max: 1 }),
  isDeleted: fc.boolean(),
  created: anyStamp,
  updated: anyStamp,
  floorTs: fc.nat({ max: 1 }),
  options: fc.constantFrom({}, { maxMessages: 1 }),
});
const memberOf = fc.record({
  kind: fc.constant("member"),
  updated: anyStamp,
  state: fc.constantFrom("joined", "requested", "removed"),
});
const hostOf = fc.record({
  kind: fc.constant("host"),
  updated: anyStamp,
  isRemoved: fc.boolean(),
  url: fc.constantFrom("http://a", "http://b"),
  storeId: fc.constant("s"),
  epoch: fc.constant("aaa00"),
  version: fc.constant("1"),
});
const cutOf = fc.record({
  kind: fc.constant("cut"),
  updated: anyStamp,
  through: fc.record({ ts: fc.nat({ max: 2 }), seq: fc.nat({ max: 1 }) }),
});
const fields = [
  ["channel/news", channelOf],
  ["member/news~0/alice", memberOf],
  ["host/first", hostOf],
  ["cut/news~0/first.aaa00", cutOf],
] as const;

function merged(field: string, values: readonly string[]): string | undefined {
  let current: string | undefined;
  for (const value of values) current = mergeValue(field, current, value) ?? current;
  return current;
}

const channel = (change: object): string =>
  JSON.stringify({
    kind: "channel",
    generation: 0,
    isDeleted: false,
    created: { ts: 5, origin: "a.aa0" },
    updated: { ts: 5, origin: "a.aa0" },
    floorTs: 0,
    options: {},
    ...change,
  });

describe("merging the registry", () => {
  test("R5: a cut only rises, however late the lower one was written", () => {
    const cut = (ts: number, updatedTs: number): string => {
      const updated = { ts: updatedTs, origin: "a.aa0" };
      return JSON.stringify({ kind: "cut", updated, through: { ts, seq: 1 } });
    };

    expect(mergeValue("cut/news~0/first.aaa00", cut(7, 1), cut(6, 9))).toBeUndefined();
    expect(mergeValue("cut/news~0/first.aaa00", cut(6, 9), cut(7, 1))).toBe(cut(7, 1));
  });

  test.each(fields)("R8: %s ends the same in any order and with any repetition", (field, any) => {
    const anyValues = fc.array(
      any.map((value) => JSON.stringify(value)),
      { minLength: 1 },
    );
    fc.assert(
      fc.property(anyValues, fc.infiniteStream(fc.nat()), (values, stream) => {
        const shuffled = [...values, ...values]
          .map((value) => ({ value, at: Number(stream.next().value) }))
          .sort((a, b) => a.at - b.at)
          .map(({ value }) => value);

        expect(merged(field, shuffled)).toBe(merged(field, values));
      }),
    );
  });

  test("R8: a delete beats every update of its generation, and the next generation beats it", () => {
    const deleted = channel({ isDeleted: true, updated: { ts: 1, origin: "a.aa0" } });
    const updated = channel({ updated: { ts: 9, origin: "a.aa0" } });
    const next = channel({ generation: 1 });

    expect(merged("channel/news", [deleted, updated])).toBe(deleted);
    expect(merged("channel/news", [next, deleted])).toBe(next);
  });

  test("R8: of two creations at once the smaller wins, whatever was updated since", () => {
    const earlier = channel({ created: { ts: 4, origin: "b.aa0" } });
    const later = channel({ updated: { ts: 9, origin: "a.aa0" } });

    expect(merged("channel/news", [later, earlier])).toBe(earlier);
  });

  test.each(["", "[]", "{}", channel({ generation: -1 }), channel({ kind: "host" })])(
    "%s is refused and changes nothing",
    (value) => {
      expect(() => mergeValue("channel/news", undefined, value)).toThrow(/invalid-shape/);
    },
  );
});

describe("the registry's digest", () => {
  const digestOf = (records: readonly (readonly [string, string])[]): RegistryDigest => {
    const digest = new RegistryDigest(sha256);
    const values = new Map<string, string>();
    for (const [field, value] of records) {
      digest.replace(field, values.get(field), value);
      values.set(field, value);
    }
    return digest;
  };

  test("R8: depends on what is held alone, not on how it came to be", () => {
    const records = [
      ["a", "1"],
      ["b", "2"],
      ["c", "3"],
    ] as const;
    const detour = digestOf([
      ["c", "0"],
      ["b", "2"],
      ["c", "3"],
      ["a", "1"],
    ]);

    expect(detour.buckets()).toEqual(digestOf(records).buckets());
    expect(detour.total()).toBe(digestOf(records).total());
    expect(digestOf([...records, ["c", "4"]]).total()).not.toBe(detour.total());
  });
});
