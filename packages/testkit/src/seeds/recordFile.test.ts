import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readRecord, recordRun } from "./recordFile.ts";

let directory: string;
let path: string;

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "dred-record-"));
  path = join(directory, "simulation.json");
});

afterEach(() => rmSync(directory, { recursive: true }));

test("runs that are recorded at once are all there, and nothing else is left", async () => {
  const seeds = Array.from({ length: 10 }, (_, index) => 10 * index + 1);
  await Promise.all(
    seeds.map((seed) => recordRun(path, { code: "aaa", seeds: [[seed, seed]], failures: [] })),
  );
  expect(readRecord(path).runs[0]?.seeds).toEqual(seeds.map((seed) => [seed, seed]));
  expect(readdirSync(directory)).toEqual(["simulation.json"]);
});

test("a run waits while another writes", async () => {
  writeFileSync(`${path}.lock`, "");
  const recorded = recordRun(path, { code: "aaa", seeds: [[1, 1]], failures: [] });
  expect(readRecord(path).runs).toEqual([]);
  rmSync(`${path}.lock`);
  expect((await recorded).runs).toHaveLength(1);
});

test("a file that cannot be read as a record stays as it is", async () => {
  writeFileSync(path, "something else");
  const run = { code: "aaa", seeds: [[1, 1]], failures: [] } as const;
  await expect(recordRun(path, run)).rejects.toThrow("JSON");
  expect(readFileSync(path, "utf8")).toBe("something else");
  expect(readdirSync(directory)).toEqual(["simulation.json"]);
});
