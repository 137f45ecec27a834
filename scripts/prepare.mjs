// What `npm start` and `npm test` need first: the packages installed and the code built.
// Works with Node and npm alone, and prints nothing when there is nothing to do.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, statSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "./build.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const lockFile = join(root, "pnpm-lock.yaml");
const installedMark = join(root, "node_modules", ".modules.yaml");
const isWindows = process.platform === "win32";

/** Installs and builds what is missing. Ends the process with a sentence when that fails. */
export function prepare() {
  if (!isInstalled()) install();
  if (!build()) fail("The build failed: the errors stand above.");
}

function isInstalled() {
  if (!existsSync(installedMark)) return false;
  return statSync(installedMark).mtimeMs >= statSync(lockFile).mtimeMs;
}

function install() {
  console.log("Installing the packages …");
  const [command, ...prefix] = packageManager();
  const { status } = spawnSync(command, [...prefix, "install", "--frozen-lockfile"], {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    // Nobody may be there to answer a question.
    env: { ...process.env, CI: "true" },
    shell: isWindows,
  });
  if (status !== 0) {
    fail("The packages could not be installed: is the package registry reachable from here?");
  }
  const now = new Date();
  utimesSync(installedMark, now, now);
}

/** The pnpm on the PATH if it is of the major version the project uses, else one that npx fetches. */
function packageManager() {
  const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  const wanted = manifest.packageManager.replace(/^pnpm@/, "");
  const found = spawnSync("pnpm", ["--version"], {
    cwd: root,
    encoding: "utf8",
    env: { ...process.env, COREPACK_ENABLE_DOWNLOAD_PROMPT: "0" },
    shell: isWindows,
  });
  const isFitting = found.status === 0 && major(found.stdout) === major(wanted);
  return isFitting ? ["pnpm"] : ["npx", "--yes", `pnpm@${wanted}`];
}

function major(version) {
  return version.trim().split(".")[0];
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}
