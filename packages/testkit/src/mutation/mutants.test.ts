import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { judgeRun } from "./judgeRun.ts";
import { matchesOf } from "./matchesOf.ts";
import type { NamedTest } from "./Mutant.ts";
import { mutants } from "./mutants.ts";
import type { TestOutcome } from "./runTests.ts";

const root = fileURLToPath(new URL("../../../..", import.meta.url));
const contracts = "packages/testkit/src/contracts";

function read(file: string): string {
  return readFileSync(`${root}/${file}`, "utf8");
}

/** The sources in which a test's name may stand: its file, or a contract that the file runs. */
function sourcesOf({ file }: NamedTest): string {
  const named = readdirSync(`${root}/${contracts}`).map((name) => `${contracts}/${name}`);
  return [file, ...named].map(read).join("\n");
}

describe("the list of broken rules", () => {
  test("has at least 25, each under a name of its own", () => {
    const names = mutants.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names.length).toBeGreaterThanOrEqual(25);
  });

  test.each(mutants)("fits the code and names a test: $name", (mutant) => {
    expect(matchesOf(mutant, read(mutant.file)), `"${mutant.find}" in ${mutant.file}`).toBe(1);
    expect(mutant.replace).not.toBe(mutant.find);
    expect(existsSync(`${root}/${mutant.killedBy.file}`)).toBe(true);
    expect(sourcesOf(mutant.killedBy)).toContain(mutant.killedBy.name);
  });
});

describe("what a run says of a mutant", () => {
  const named = { file: "a.test.ts", name: "R1: keeps %s" };
  const runOf = (...tests: readonly TestOutcome[]) => ({ tests, broken: [], isLate: false });
  const failing = (message: string): TestOutcome => {
    return { name: "x R1: keeps all", status: "failed", messages: [message] };
  };

  test("killed, when its test fails by an assertion or a property", () => {
    const run = runOf(failing("AssertionError: expected 1 to be 2\n  at …"));
    expect(judgeRun(run, named)).toEqual({
      outcome: "killed",
      detail: "AssertionError: expected 1 to be 2",
    });
    expect(judgeRun(runOf(failing("Error: seed 7: P8: lost")), named).outcome).toBe("killed");
  });

  test("not killed, when its test passes, crashes, cannot be loaded, or is not there", () => {
    const passing: TestOutcome = { name: "x R1: keeps all", status: "passed", messages: [] };
    expect(judgeRun(runOf(passing), named).outcome).toBe("survived");
    expect(judgeRun(runOf(failing("TypeError: x is undefined")), named).outcome).toBe("crashed");
    expect(judgeRun(runOf({ ...passing, name: "another" }), named).outcome).toBe("no test");
    const unloadable = { tests: [], broken: ["SyntaxError: …"], isLate: false };
    expect(judgeRun(unloadable, named).outcome).toBe("unloadable");
    expect(judgeRun({ tests: [], broken: [], isLate: true }, named).outcome).toBe("late");
  });
});
