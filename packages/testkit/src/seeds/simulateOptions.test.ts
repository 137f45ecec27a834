import { expect, test } from "vitest";
import { parseSimulateOptions } from "./simulateOptions.ts";

test("without options a thousand seeds are run, on every core, and nothing is recorded", () => {
  const options = parseSimulateOptions([]);
  expect(options).toMatchObject({ seeds: 1_000, from: undefined, isRecorded: false });
  expect(options.workers).toBeGreaterThan(0);
});

test("what pnpm passes on is understood", () => {
  const words = ["--", "--seeds", "5", "--from", "7", "--workers", "3", "--record"];
  expect(parseSimulateOptions(words)).toEqual({
    seeds: 5,
    from: 7,
    workers: 3,
    isRecorded: true,
    seed: undefined,
  });
});

test.each([
  [["--seeds", "0"], "--seeds takes a whole number from 1 to 100000000"],
  [["--from", "1e3"], "--from takes a whole number"],
  [["--from", "4294967295"], "--from takes a whole number from 1 to 4294966295"],
  [["--workers", "257"], "--workers takes a whole number from 1 to 256"],
  [["--seed", "4", "--record"], "--seed replays one seed"],
  [["--sedes", "4"], "--sedes"],
])("%j is refused with a sentence", (words, sentence) => {
  expect(() => parseSimulateOptions(words)).toThrow(sentence);
});
