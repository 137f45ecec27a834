// Builds all packages (`pnpm build`): TypeScript, incrementally, then the Lua files beside it.
import { spawnSync } from "node:child_process";
import { cpSync, existsSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Directories of plain files that a package reads at run time, from beside its code. */
const assetDirectories = [["packages/server", "store/redis/lua"]];

/** Builds what has changed; prints only errors. Returns whether it worked. */
export function build() {
  const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
  const { status } = spawnSync(process.execPath, [tsc, "-b"], { cwd: root, stdio: "inherit" });
  copyAssets();
  return status === 0;
}

function copyAssets() {
  for (const [owner, directory] of assetDirectories) {
    const from = join(root, owner, "src", directory);
    const to = join(root, owner, "dist", directory);
    if (!existsSync(from)) continue;
    cpSync(from, to, { recursive: true, filter: (path) => !path.endsWith(".ts") });
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = build() ? 0 : 1;
