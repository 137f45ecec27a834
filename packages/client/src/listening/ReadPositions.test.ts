import { describe, expect, test } from "vitest";
import { cursor, listening, message, ORIGIN, OTHER } from "../__tests__/streamLines.ts";
import { ReadPositions } from "./ReadPositions.ts";
import { parseReceivedLine } from "./ReceivedLine.ts";

/** What is asked for by a reader that was cut off after these lines. */
function targetsAfter(positions: ReadPositions, ...lines: readonly object[]): readonly object[] {
  for (const line of lines) positions.advance(parseReceivedLine(JSON.stringify(line)));
  return positions.targets();
}

const reading = { type: "reading", channel: "lobby", cursor: cursor({}, 1) };

describe("a reader that is cut off before it is live", () => {
  test("R6: from the start, it goes on in the generation that it read", () => {
    const positions = new ReadPositions([{ channel: "lobby", since: "start" }]);

    const targets = targetsAfter(positions, reading, message(1), message(3));

    expect(targets).toEqual([{ channel: "lobby", since: cursor({ [ORIGIN]: 3 }, 1) }]);
  });

  test("R6: with a vector of no generation, so it does", () => {
    const since = { [ORIGIN]: "1000002-2" };
    const positions = new ReadPositions([{ channel: "lobby", since }]);
    const told = { ...reading, cursor: cursor({ [ORIGIN]: 2 }, 1) };

    const targets = targetsAfter(positions, told, message(3));

    expect(targets).toEqual([{ channel: "lobby", since: cursor({ [ORIGIN]: 3 }, 1) }]);
  });

  test("R7: under a pattern from now on, it loses nothing of a channel made since", () => {
    const positions = new ReadPositions([{ channel: "lob*" }]);

    const targets = targetsAfter(positions, reading, message(1));

    expect(targets).toEqual([
      { channel: "lobby", since: cursor({ [ORIGIN]: 1 }, 1) },
      { channel: "lob*" },
    ]);
  });

  test("a line of a later protocol moves nothing", () => {
    const positions = new ReadPositions([{ channel: "lobby", since: "start" }]);

    const targets = targetsAfter(positions, { ...reading, type: "later" });

    expect(targets).toEqual([{ channel: "lobby", since: "start" }]);
  });
});

test("R10: what the server's cursor left out is not carried on", () => {
  const [over, present] = ["first.m2k9xqa7", "first.m2k9xqb8"];
  const since = cursor({ [over]: 2, [OTHER]: 1 }, 1);
  const positions = new ReadPositions([{ channel: "lobby", since }]);

  const targets = targetsAfter(positions, listening({ [present]: 4 }, 1));

  const left = cursor({ [present]: 4, [OTHER]: 1 }, 1);
  expect(targets).toEqual([{ channel: "lobby", since: left }]);
});
