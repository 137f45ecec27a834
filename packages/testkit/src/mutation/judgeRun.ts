import type { NamedTest } from "./Mutant.ts";
import { toPattern } from "./runTests.ts";
import type { TestRun } from "./runTests.ts";

/** What became of a mutant; only `killed` is well. */
export interface Verdict {
  readonly outcome: "killed" | "survived" | "crashed" | "unloadable" | "late" | "no test";
  /** What the failing test said, in one line. */
  readonly detail: string;
}

/** Such errors say that the broken code does not run, not that a rule is broken. */
const CRASH = /^(?:TypeError|ReferenceError|SyntaxError)\b|compiling script/;
const DETAIL_CHARS_MAX = 100;

/** Whether the run of one mutant's test shows that the broken rule was noticed. */
export function judgeRun(run: TestRun, test: NamedTest): Verdict {
  if (run.isLate) return { outcome: "late", detail: "the run did not end in time" };
  if (run.broken.length > 0) return { outcome: "unloadable", detail: oneLine(run.broken[0]) };
  const pattern = new RegExp(toPattern(test.name));
  const named = run.tests.filter(({ name, status }) => status !== "other" && pattern.test(name));
  if (named.length === 0) return { outcome: "no test", detail: `no test ran for "${test.name}"` };
  const failed = named.filter(({ status }) => status === "failed");
  if (failed.length === 0) return { outcome: "survived", detail: "its test passes" };
  const messages = failed.flatMap((each) => each.messages);
  const saying = messages.find((message) => !CRASH.test(message));
  if (saying === undefined) return { outcome: "crashed", detail: oneLine(messages[0]) };
  return { outcome: "killed", detail: oneLine(saying) };
}

function oneLine(message = ""): string {
  const [line = ""] = message.split("\n", 1);
  return line.length > DETAIL_CHARS_MAX ? `${line.slice(0, DETAIL_CHARS_MAX - 1)}…` : line;
}
