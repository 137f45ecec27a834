import { parseChannelKey, parseOriginId } from "@dred/protocol";
import type { ChannelKey, OriginId } from "@dred/protocol";
import { first, second, windowMs } from "@dred/testkit";
import fc from "fast-check";
import type { Range } from "../../replica/ports/Store.ts";

/** What is done to a place of a log, told by how far it lies from the head. */
export type Moving = "skip" | "trim" | "shorten" | "loseEntry";

export type Command =
  | { kind: "open"; isEpochLost: boolean }
  | { kind: "openChannel" | "settleIndex"; channel: ChannelKey; windowMs: number }
  | { kind: "drop"; channel: ChannelKey }
  | { kind: "lose"; channel: ChannelKey; part: string }
  | {
      kind: "commit";
      channel: ChannelKey;
      origin: OriginId;
      count: number;
      digest: number;
      roll: number;
      isStale: boolean;
      isOfOtherWindows: boolean;
      isTwin: boolean;
    }
  | { kind: Moving; channel: ChannelKey; origin: OriginId; by: number }
  | { kind: "range"; channel: ChannelKey; range: Range }
  | { kind: "register"; field: string; value: string };

const channel = fc.constantFrom(parseChannelKey("news~1"), parseChannelKey("a:b.ö~2"));
/** What the first epoch of the store writes itself. */
export const own = parseOriginId("first.m2k9xq01");
const origin = fc.constantFrom(first, second, own);
/** Mostly what a careful caller does. */
const oneInFive = fc.integer({ min: 0, max: 4 }).map((n) => n === 0);
/** Two lengths of a dedup window, one of them rare. */
const windows = oneInFive.map((isRare) => (isRare ? 2 : 1) * windowMs);
const ts = fc.integer({ min: 0, max: 200 });

export const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("open"), isEpochLost: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom("openChannel", "openChannel", "settleIndex"),
      channel,
      windowMs: windows,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop"), channel }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("lose"),
      channel,
      part: fc.constantFrom("meta", `log:${own}`, `log:${first}`),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("commit"),
      channel,
      origin,
      count: fc.integer({ min: 1, max: 4 }),
      digest: fc.integer({ min: 0, max: 30 }),
      roll: fc.integer({ min: 6, max: 9 }),
      isStale: oneInFive,
      isOfOtherWindows: oneInFive,
      isTwin: fc.boolean(),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constantFrom("skip", "trim", "shorten", "loseEntry"),
      channel,
      origin,
      by: fc.integer({ min: -3, max: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("range"),
      channel,
      range: fc.record({
        origin,
        afterTs: ts,
        beforeTs: fc.oneof(ts, fc.constant(Infinity)),
        order: fc.constantFrom("asc", "desc"),
        entriesMax: fc.integer({ min: 1, max: 50 }),
        charsMax: fc.integer({ min: 1, max: 1_000 }),
      }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("register"),
      field: fc.constantFrom("a", "b", "#writes", "##"),
      value: fc.string({ maxLength: 5 }),
    }),
  },
) as fc.Arbitrary<Command>;
