import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { copyProject } from "./copyProject.ts";
import { judgeRun } from "./judgeRun.ts";
import type { Verdict } from "./judgeRun.ts";
import { matchesOf } from "./matchesOf.ts";
import type { Mutant, NamedTest } from "./Mutant.ts";
import { mutants } from "./mutants.ts";
import { runTests } from "./runTests.ts";
import type { TestRunOptions } from "./runTests.ts";

/** All tests of the list at once, and one test of one mutant. */
const BASELINE_MS_MAX = 600_000;
const MUTANT_MS_MAX = 180_000;

const UNBROKEN_FAILS: Verdict = {
  outcome: "no test",
  detail: "its test fails on the code as it is",
};

export interface MutationOptions {
  /** The root of the project. */
  readonly root: string;
  readonly redisUrl: string;
  /** Only mutants in whose names or rules one of these occurs; all when there are none. */
  readonly wanted: readonly string[];
}

/**
 * `pnpm mutate`: breaks one rule after another in a copy of the project, and sees its test fail.
 * Returns the exit code: 1 when a mutant survives, cannot be judged, or fits its file no more.
 */
export async function runMutants({ root, redisUrl, wanted }: MutationOptions): Promise<number> {
  const chosen = mutants.filter(({ name, rule }) => {
    return wanted.length === 0 || wanted.some((text) => `${rule} ${name}`.includes(text));
  });
  if (chosen.length === 0) {
    console.error(`no mutant's name or rule contains ${wanted.join(" or ")}`);
    return 2;
  }
  using copy = copyProject(root);
  const options = { root: copy.root, redisUrl };
  const failing = await failingUnbroken(chosen, { ...options, deadlineMs: BASELINE_MS_MAX });
  let survivors = 0;
  for (const mutant of chosen) {
    const startedAt = performance.now();
    const verdict = failing.has(mutant.killedBy)
      ? UNBROKEN_FAILS
      : await judge(mutant, { ...options, deadlineMs: MUTANT_MS_MAX });
    if (verdict.outcome !== "killed") survivors++;
    print(mutant, verdict, (performance.now() - startedAt) / 1000);
  }
  console.log(`\n${chosen.length - survivors} of ${chosen.length} mutants were killed`);
  return survivors === 0 ? 0 : 1;
}

/** The tests that do not pass on the code as it is: they would show nothing. */
async function failingUnbroken(
  chosen: readonly Mutant[],
  options: TestRunOptions,
): Promise<Set<NamedTest>> {
  const tests = chosen.map(({ killedBy }) => killedBy);
  console.log(`running the tests of ${chosen.length} mutants on the code as it is …`);
  const run = await runTests(tests, options);
  const failing = new Set<NamedTest>();
  for (const test of new Set(tests)) {
    const { outcome, detail } = judgeRun(run, test);
    if (outcome === "survived") continue;
    failing.add(test);
    console.error(`unbroken, ${test.file} "${test.name}" gives "${outcome}": ${detail}`);
  }
  return failing;
}

async function judge(mutant: Mutant, options: TestRunOptions): Promise<Verdict> {
  const path = join(options.root, mutant.file);
  const source = readFileSync(path, "utf8");
  if (matchesOf(mutant, source) !== 1) {
    return { outcome: "no test", detail: `its text is not exactly once in ${mutant.file}` };
  }
  try {
    writeFileSync(
      path,
      source.replace(mutant.find, () => mutant.replace),
    );
    return judgeRun(await runTests([mutant.killedBy], options), mutant.killedBy);
  } finally {
    writeFileSync(path, source);
  }
}

function print(mutant: Mutant, { outcome, detail }: Verdict, seconds: number): void {
  const file = mutant.killedBy.file.split("/").at(-1) ?? "";
  console.log(`${outcome.padEnd(10)} ${mutant.rule.padEnd(10)} ${mutant.name}`);
  console.log(`${" ".repeat(22)}${file}, ${seconds.toFixed(1)} s: ${detail}`);
}
