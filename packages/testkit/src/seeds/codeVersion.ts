import { execFileSync } from "node:child_process";

/** What the simulation runs: a commit that changes nothing of it is no other version. */
const SIMULATED = ["protocol", "core", "server", "testkit"].map((name) => `packages/${name}`);

/**
 * The version of the simulated code: the commit that changed it last, or `uncommitted changes`.
 *
 * @throws Error where there is no git repository.
 */
export function codeVersion(root: string): string {
  const isClean = git(root, ["status", "--porcelain", "--", ...SIMULATED]) === "";
  if (!isClean) return "uncommitted changes";
  return git(root, ["log", "-1", "--format=%h", "--", ...SIMULATED]);
}

function git(root: string, words: readonly string[]): string {
  return execFileSync("git", words, { cwd: root, encoding: "utf8" }).trim();
}
