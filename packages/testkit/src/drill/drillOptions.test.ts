import { expect, test } from "vitest";
import { parseDrillOptions } from "./drillOptions.ts";

test("drills are chosen by name, or faults by minutes and seed", () => {
  const named = parseDrillOptions(["--", "link-cut", "flush"]);
  expect(named).toEqual({ isListed: false, names: ["link-cut", "flush"], mix: undefined });
  expect(parseDrillOptions(["--list"])).toMatchObject({ isListed: true, names: [] });
  expect(parseDrillOptions(["--minutes", "3", "--seed", "7"]).mix).toEqual({ minutes: 3, seed: 7 });
  expect(parseDrillOptions(["--minutes", "3"]).mix?.seed).toBeGreaterThan(0);
});

test.each([
  [["--hlp"], "Unknown option '--hlp'"],
  [["--minutes", "0"], '--minutes takes a whole number from 1 on, not "0"'],
  [["--minutes", "2", "--seed", "x"], '--seed takes a whole number from 1 on, not "x"'],
  [["--minutes", "2", "link-cut"], "--minutes runs no drills by name"],
  [["--seed", "2"], "--seed orders the faults of --minutes"],
])("%j are refused with a sentence", (words, sentence) => {
  expect(() => parseDrillOptions(words)).toThrow(sentence);
});
