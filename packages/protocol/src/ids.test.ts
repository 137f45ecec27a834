import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  anyChannelName,
  anyEpoch,
  anyGeneration,
  anyInput,
  anyOrigin,
} from "./__tests__/arbitraries.ts";
import { problemOf } from "./__tests__/problemOf.ts";
import {
  channelNameOf,
  compareEpochs,
  epochOf,
  generationOf,
  isReservedName,
  parseChannelKey,
  parseChannelName,
  parseEpoch,
  parseNeighborhood,
  parseOriginId,
  parseServerId,
  serverOf,
  toChannelKey,
  toOriginId,
} from "./ids.ts";

const parsers = [
  parseServerId,
  parseNeighborhood,
  parseEpoch,
  parseOriginId,
  parseChannelName,
  parseChannelKey,
];

describe("names", () => {
  test.each(["", "A", "a.b", "a b", "ä", "a\n", "a".repeat(33), 1, null, undefined, ["a"]])(
    "%j is neither a server id nor a neighborhood",
    (value) => {
      expect(problemOf(() => parseServerId(value))?.code).toBe("invalid-name");
      expect(problemOf(() => parseNeighborhood(value))?.code).toBe("invalid-name");
    },
  );

  test("32 characters are a server id", () => {
    expect(parseServerId("a-0".padEnd(32, "z"))).toHaveLength(32);
  });

  test.each(["", "a b", "a/b", "a~1", "a\n", "\u0301", "\ud835", "a*", "a".repeat(129), 7, null])(
    "%j is no channel name",
    (value) => {
      expect(problemOf(() => parseChannelName(value))?.code).toBe("invalid-channel-name");
    },
  );

  test("the two spellings of a letter name one channel", () => {
    expect(parseChannelName("caf\u0065\u0301")).toBe(parseChannelName("caf\u00e9"));
  });

  test("128 letters are a name, also where each takes two code units", () => {
    expect(parseChannelName("𝒳".repeat(128))).toHaveLength(256);
  });

  test("names that begin with _ are valid, and reserved", () => {
    expect(isReservedName(parseChannelName("_chans"))).toBe(true);
    expect(isReservedName(parseChannelName("chans_"))).toBe(false);
  });

  test("an error names what was given, shortened, whatever it was", () => {
    fc.assert(
      fc.property(fc.constantFrom(...parsers), anyInput, (parse, input) => {
        expect(problemOf(() => parse(input))?.detail.length ?? 0).toBeLessThan(200);
      }),
    );
  });
});

describe("channel keys", () => {
  test("a name and a generation come back from their key", () => {
    fc.assert(
      fc.property(anyChannelName, anyGeneration, (name, generation) => {
        const key = parseChannelKey(toChannelKey(name, generation));

        expect([channelNameOf(key), generationOf(key)]).toEqual([name, generation]);
      }),
    );
  });

  test.each(["a", "a~", "a~01", "a~-1", "a~1~2", "~1", "a b~1", "a~1.5", 1, undefined])(
    "%j is no channel key",
    (value) => {
      expect(problemOf(() => parseChannelKey(value))?.code).toBe("invalid-channel-name");
    },
  );
});

describe("origins and epochs", () => {
  test("a server and an epoch come back from their origin", () => {
    fc.assert(
      fc.property(anyOrigin, (origin) => {
        expect(toOriginId(serverOf(origin), epochOf(origin))).toBe(parseOriginId(origin));
      }),
    );
  });

  test.each(["first", "first.", ".m2k9xqa7", "first.m2k9.xqa7", "first.M2K", "a.b", {}, null])(
    "%j is no origin",
    (value) => {
      expect(problemOf(() => parseOriginId(value))?.code).toBe("invalid-name");
    },
  );

  test("epochs are ordered by the time they begin with, not as text", () => {
    expect(compareEpochs(parseEpoch("zzaa"), parseEpoch("100aa"))).toBeLessThan(0);
    expect(compareEpochs(parseEpoch("100ab"), parseEpoch("100aa"))).toBeGreaterThan(0);
  });

  test("the order of epochs is total", () => {
    fc.assert(
      fc.property(anyEpoch, anyEpoch, anyEpoch, (a, b, c) => {
        expect(Math.sign(compareEpochs(a, b)) + Math.sign(compareEpochs(b, a))).toBe(0);
        expect(compareEpochs(a, b) === 0).toBe(a === b);
        const [x, y, z] = [a, b, c].sort(compareEpochs) as [typeof a, typeof a, typeof a];
        expect(compareEpochs(x, y) <= 0 && compareEpochs(y, z) <= 0).toBe(true);
        expect(compareEpochs(x, z)).toBeLessThanOrEqual(0);
      }),
    );
  });
});
