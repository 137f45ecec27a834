import { describe, expect, test } from "vitest";
import pc from "picocolors";
import { toMessageText } from "./messageText.ts";
import { toPrintable } from "./printable.ts";
import { toProgressText } from "./progressText.ts";
import { toTable } from "./table.ts";

const message = {
  mid: "first.m2k9xqa7/1763923555123456-42",
  ts: 1_763_923_555_123_456,
  channel: "lobby",
  nbh: "nb1",
  type: "greeting",
  msg: "hi",
  ocid: "o",
};

describe("output for people", () => {
  test("a message is its time, channel, type and text", () => {
    const text = toMessageText(message, { colors: pc.createColors(false) });

    expect(text).toMatch(/^\d\d:\d\d:55\.123 {2}lobby {2}greeting {2}hi$/);
  });

  test("nothing that others wrote is obeyed by the terminal", () => {
    const evil = { ...message, msg: "a\u001b[2Jb\nc\u202ed", type: "\u0007", channel: "grün🌊" };

    const text = toMessageText(evil, { colors: pc.createColors(false) });

    expect(text).toContain("a\\u001b[2Jb\\u000ac\\u202ed");
    expect(text).toContain("grün🌊  \\u0007");
    expect(toPrintable("\u009b")).toBe("\\u009b");
  });

  test("columns are as wide as their widest cell, and lines have no space at the end", () => {
    expect(
      toTable(
        ["ID", "URL"],
        [
          ["second", "u"],
          ["a", ""],
        ],
      ),
    ).toEqual(["ID      URL", "second  u", "a"]);
  });

  test("progress is a share, and with a look before a rate and an estimate", () => {
    const before = { entriesHeld: 100, entriesMissing: 900, atMs: 1_000 };
    const now = { entriesHeld: 300, entriesMissing: 700, atMs: 3_000 };

    expect(toProgressText(now)).toBe("300 of 1000 entries held (30.0 %)");
    expect(toProgressText(now, before)).toBe(
      "300 of 1000 entries held (30.0 %), 100 a second, about 7 s to go",
    );
    const stuck = { ...now, atMs: 5_000 };
    expect(toProgressText(stuck, now)).toBe("300 of 1000 entries held (30.0 %), none came lately");
  });
});
