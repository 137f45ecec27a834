// `npm test` and `pnpm test -- <file> …`: installs and builds what is missing, provides a Redis,
// runs vitest with the arguments, and ends what it started. The last line is the count of tests.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { constants, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { prepare } from "./prepare.mjs";
import { provideRedis } from "./redis.mjs";

const END_MS_MAX = 10_000;
const root = fileURLToPath(new URL("..", import.meta.url));

prepare();
process.exitCode = await main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  return 1;
});

async function main(args) {
  const interruption = watchForInterruption();
  const redis = await provideRedis();
  const directory = mkdtempSync(join(tmpdir(), "dred-test-"));
  try {
    console.log(`Redis: ${redis.source}`);
    return await runTests(args, { redis, interruption, report: join(directory, "report.json") });
  } finally {
    await redis.stop();
    rmSync(directory, { recursive: true, force: true });
  }
}

async function runTests(args, { redis, interruption, report }) {
  if (interruption.aborted) return exitCodeOf(interruption.reason);
  const vitest = join(root, "node_modules", "vitest", "vitest.mjs");
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${report}`];
  const passedOn = args[0] === "--" ? args.slice(1) : args;
  const child = spawn(process.execPath, [vitest, "run", ...reporters, ...passedOn], {
    cwd: root,
    stdio: "inherit",
    env: { ...process.env, REDIS_URL: redis.url },
  });
  interruption.addEventListener("abort", () => endChild(child));
  const [code, signal] = await once(child, "exit");
  const exitCode = interruption.aborted
    ? exitCodeOf(interruption.reason)
    : exitCodeOf(signal, code);
  if (existsSync(report)) console.log(`\n${countLine(report, exitCode)}`);
  return exitCode;
}

/** A signal whose reason is the name of the first SIGINT, SIGTERM or SIGHUP. */
function watchForInterruption() {
  const controller = new AbortController();
  for (const name of ["SIGINT", "SIGTERM", "SIGHUP"]) {
    process.on(name, () => controller.abort(name));
  }
  return controller.signal;
}

function endChild(child) {
  child.kill("SIGTERM");
  setTimeout(() => child.kill("SIGKILL"), END_MS_MAX).unref();
}

function exitCodeOf(signal, code) {
  return signal ? 128 + constants.signals[signal] : code;
}

/**
 * `N passed, N failed[, N skipped]`. A file that could not be loaded counts as one failure, and so
 * does an error outside all tests: a failed run never says "0 failed".
 */
function countLine(report, exitCode) {
  const result = JSON.parse(readFileSync(report, "utf8"));
  const isUnloaded = (file) => file.status === "failed" && file.assertionResults.length === 0;
  const counted = result.numFailedTests + result.testResults.filter(isUnloaded).length;
  const failed = exitCode === 0 ? counted : Math.max(counted, 1);
  const skipped = result.numPendingTests + result.numTodoTests;
  const line = `${result.numPassedTests} passed, ${failed} failed`;
  return skipped > 0 ? `${line}, ${skipped} skipped` : line;
}
