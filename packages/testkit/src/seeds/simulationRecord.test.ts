import { expect, test } from "vitest";
import { addRun, formatRecord, parseRecord, seedAfter, totalSeeds } from "./simulationRecord.ts";
import type { SimulationRecord } from "./simulationRecord.ts";

const empty: SimulationRecord = { runs: [] };

test("seeds that ran twice on one version count once, on two versions twice", () => {
  const once = addRun(empty, { code: "aaa", seeds: [[1, 100]], failures: [] });
  const again = addRun(once, { code: "aaa", seeds: [[51, 150]], failures: [] });
  const other = addRun(again, { code: "bbb", seeds: [[1, 10]], failures: [] });
  expect(totalSeeds(again)).toBe(150);
  expect(totalSeeds(other)).toBe(160);
});

test("rows are sorted by first seed, failures by seed, each once", () => {
  const failures = [
    { seed: 8, property: "P7" },
    { seed: 6, property: "other" },
  ];
  const late = addRun(empty, { code: "aaa", seeds: [[50, 60]], failures: [] });
  const both = addRun(late, { code: "bbb", seeds: [[5, 9]], failures });
  const again = addRun(both, { code: "bbb", seeds: [[5, 9]], failures: failures.slice(0, 1) });
  expect(again.runs.map(({ code }) => code)).toEqual(["bbb", "aaa"]);
  expect(again.runs[0]?.failures).toEqual(failures.toReversed());
});

test("the next run begins behind the largest seed of any version", () => {
  const first = addRun(empty, { code: "aaa", seeds: [[1, 2_000]], failures: [] });
  const second = addRun(first, { code: "bbb", seeds: [[100, 200]], failures: [] });
  expect([seedAfter(empty), seedAfter(second)]).toEqual([1, 2_001]);
});

test("what is written is read again, with a row a line and the total at the top", () => {
  const failures = [{ seed: 2, property: "P8" }];
  const record = addRun(empty, { code: "aaa", seeds: [[1, 3]], failures });
  const text = formatRecord(addRun(record, { code: "bbb", seeds: [[4, 4]], failures: [] }));
  expect(parseRecord(text)).toMatchObject({
    runs: [{ code: "aaa", seeds: [[1, 3]], failures }, { code: "bbb" }],
  });
  expect(text).toContain('  "total": 4,\n');
  expect(text).toContain(
    '\n    {"code":"aaa","count":3,"seeds":[[1,3]],"failures":[{"seed":2,"property":"P8"}]},\n',
  );
});

test("a file that is no record is refused", () => {
  expect(() => parseRecord("[]")).toThrow("a record of the simulation has `runs`");
});
