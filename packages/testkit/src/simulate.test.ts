import { spawn } from "node:child_process";
import { once } from "node:events";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** The command as it was built: its threads run JavaScript. */
const command = fileURLToPath(new URL("../dist/simulate.js", import.meta.url));

function start(...words: string[]) {
  const child = spawn(process.execPath, [command, ...words], { timeout: 15_000 });
  const [stdout, stderr] = [text(child.stdout), text(child.stderr)];
  const ended = once(child, "close").then(async ([code]: unknown[]) => {
    return { code, stdout: await stdout, stderr: await stderr };
  });
  return { child, ended };
}

test("seeds are run on several threads and reported in one line", async () => {
  const ended = await start("--seeds", "4", "--from", "3", "--workers", "2").ended;
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(ended.stdout).toMatch(/^4 seeds from 3 on, 2 at a time\n4 seeds: \d+ posts .*broken\n$/);
});

test("one seed is replayed with its trace", async () => {
  const ended = await start("--seed", "3").ended;
  expect(ended).toMatchObject({ code: 0, stderr: "" });
  expect(ended.stdout).toMatch(
    /^ *0 .* servers, .*\n[^]*\nseed 3: \d+ posts .*no property broken\n$/,
  );
});

test("SIGTERM ends a run early, which says what was done", async () => {
  const { child, ended } = start("--seeds", "1000000");
  await once(child.stdout, "data");
  child.kill("SIGTERM");
  const { code, stdout } = await ended;
  expect(code).toBe(143);
  expect(stdout).toMatch(/\n\d{1,5} seeds: .*no property broken\n$/);
});

test("a wrong option is answered with the usage", async () => {
  const { code, stderr } = await start("--seeds", "many").ended;
  expect(code).toBe(2);
  expect(stderr).toContain('not "many"\n\npnpm simulate [--seeds N]');
});
