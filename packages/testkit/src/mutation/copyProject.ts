import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  realpathSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, relative, sep } from "node:path";

/** A copy of the project's files, in which rules can be broken without touching the project. */
export interface ProjectCopy extends Disposable {
  readonly root: string;
}

/**
 * Copies all files that git knows or would take, with what they contain now, and links the
 * installed packages: those of the workspace to the copy, all others to where they are. The
 * copy lies outside the project and is deleted when it is disposed of.
 */
export function copyProject(root: string): ProjectCopy {
  const copy = mkdtempSync(join(realpathSync(tmpdir()), "dred-mutants-"));
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const files = execFileSync("git", list, { cwd: root, encoding: "utf8" }).split("\0");
  for (const file of files.filter((each) => each !== "" && existsSync(join(root, each)))) {
    mkdirSync(dirname(join(copy, file)), { recursive: true });
    cpSync(join(root, file), join(copy, file));
  }
  for (const workspace of [".", "bench", ...packagesOf(root)]) {
    linkModules(join(root, workspace, "node_modules"), join(copy, workspace, "node_modules"), {
      root,
      copy,
    });
  }
  return {
    root: copy,
    [Symbol.dispose]: () => rmSync(copy, { recursive: true, force: true }),
  };
}

function packagesOf(root: string): string[] {
  return readdirSync(join(root, "packages")).map((name) => join("packages", name));
}

function linkModules(
  from: string,
  to: string,
  trees: { readonly root: string; readonly copy: string },
): void {
  if (!existsSync(from)) return;
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    const isScope = name.startsWith("@");
    if (isScope) linkModules(join(from, name), join(to, name), trees);
    else if (!name.startsWith(".vite") && name !== ".cache") {
      symlinkSync(targetOf(join(from, name), trees), join(to, name));
    }
  }
}

function targetOf(path: string, { root, copy }: { readonly root: string; readonly copy: string }) {
  const target = realpathSync(path);
  const inside = relative(realpathSync(root), target);
  const isOurs = !inside.startsWith("..") && !inside.split(sep).includes("node_modules");
  return isOurs ? join(copy, inside) : target;
}
