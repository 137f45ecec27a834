import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import type { NamedTest } from "./Mutant.ts";
import { SEEDS_OF_MUTANTS } from "./simulationTest.ts";

/** What one test said: nothing when it passed. */
export interface TestOutcome {
  /** With the names of what it stands in. */
  readonly name: string;
  readonly status: "passed" | "failed" | "other";
  readonly messages: readonly string[];
}

/** What a run of some tests showed. */
export interface TestRun {
  readonly tests: readonly TestOutcome[];
  /** Why a file could not be run at all, such as a syntax error in what it imports. */
  readonly broken: readonly string[];
  readonly isLate: boolean;
}

export interface TestRunOptions {
  /** The project, or a copy of it. */
  readonly root: string;
  readonly redisUrl: string;
  /** A run that takes longer is ended. */
  readonly deadlineMs: number;
}

interface Report {
  readonly testResults: readonly {
    readonly message: string;
    readonly status: string;
    readonly assertionResults: readonly {
      readonly fullName: string;
      readonly status: string;
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/** Runs these tests and no others. */
export async function runTests(
  tests: readonly NamedTest[],
  { root, redisUrl, deadlineMs }: TestRunOptions,
): Promise<TestRun> {
  const report = join(root, "mutation-report.json");
  rmSync(report, { force: true });
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const files = [...new Set(tests.map(({ file }) => file))];
  const pattern = tests.map(({ name }) => toPattern(name)).join("|");
  const args = [vitest, "run", ...files, "-t", pattern, "--reporter=json"];
  const child = spawn(process.execPath, [...args, `--outputFile=${report}`], {
    cwd: root,
    stdio: "ignore",
    env: { ...process.env, REDIS_URL: redisUrl, SEEDS: String(SEEDS_OF_MUTANTS), FROM: "1" },
  });
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    child.kill("SIGKILL");
  }, deadlineMs);
  await once(child, "exit");
  clearTimeout(timer);
  if (isLate || !existsSync(report)) return { tests: [], broken: [], isLate };
  return { ...toRun(JSON.parse(readFileSync(report, "utf8")) as Report), isLate };
}

function toRun({ testResults }: Report): Pick<TestRun, "tests" | "broken"> {
  const isUnloaded = (file: Report["testResults"][number]): boolean =>
    file.status === "failed" && file.assertionResults.length === 0;
  const outcomes = testResults.flatMap((file) => file.assertionResults);
  return {
    broken: testResults.filter(isUnloaded).map(({ message }) => message),
    tests: outcomes.map(({ fullName, status, failureMessages }) => ({
      name: fullName,
      status: status === "passed" || status === "failed" ? status : "other",
      messages: failureMessages,
    })),
  };
}

/** A name as a regular expression; `%s` and the like stand for what test.each puts there. */
export function toPattern(name: string): string {
  const literal = name.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");
  return literal.replaceAll(/%[a-z]|\\\$\w+/g, ".+");
}
