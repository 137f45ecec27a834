// `pnpm check`: everything that can be judged without running the code, two checks at a time.
// Prints one line a check, and what it had to say when it failed.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const AT_ONCE = 2;

const checks = [
  ["types", "tsc", "-b", "tsconfig.tests.json"],
  ["format", "prettier", "--check", "--log-level", "warn", "."],
  ["lint", "oxlint"],
  ["dependencies", ...cruise(".dependency-cruiser.cjs"), "packages", "bench"],
  ["browser", ...cruise(".dependency-cruiser.browser.cjs"), "packages/client/src/index.ts"],
  ["unused code", "knip"],
];

function cruise(rules) {
  return ["depcruise", "--config", rules];
}

const waiting = [...checks];
const results = [];
await Promise.all(Array.from({ length: AT_ONCE }, worker));
process.exitCode = results.every((passed) => passed) ? 0 : 1;

async function worker() {
  for (let check = waiting.shift(); check !== undefined; check = waiting.shift()) {
    results.push(await run(check));
  }
}

async function run([name, program, ...args]) {
  const began = performance.now();
  const path = join(root, "node_modules", ".bin", program);
  const child = spawn(path, args, { cwd: root, stdio: ["ignore", "pipe", "pipe"] });
  const said = [];
  child.stdout.on("data", (chunk) => said.push(chunk));
  child.stderr.on("data", (chunk) => said.push(chunk));
  const [code] = await once(child, "close");
  const seconds = ((performance.now() - began) / 1000).toFixed(1);
  console.log(`${code === 0 ? "ok    " : "FAILED"} ${name} (${seconds} s)`);
  if (code !== 0) console.log(Buffer.concat(said).toString("utf8").trim());
  return code === 0;
}
