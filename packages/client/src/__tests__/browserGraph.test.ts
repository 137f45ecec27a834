import { existsSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const client = fileURLToPath(new URL("../..", import.meta.url));
const packages = dirname(resolve(client));

interface Manifest {
  readonly imports: { readonly "#transport": { readonly "dred-source": Record<string, string> } };
}

/** The files a browser loads, from `index.ts` on, with the `browser` condition. */
function browserGraph(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const open = [join(client, "src/index.ts")];
  for (let path = open.pop(); path !== undefined; path = open.pop()) {
    if (files.has(path)) continue;
    const text = readFileSync(path, "utf8");
    files.set(path, text);
    open.push(...importsOf(text).map((specifier) => resolveImport(specifier, dirname(path ?? ""))));
  }
  return files;
}

/** What is left to be loaded once types are gone. */
function importsOf(text: string): string[] {
  const statements = text.matchAll(/^(import|export)\s(?!type\b)[^;]*?from\s+"([^"]+)"/gm);
  return [...statements].map(([, , specifier]) => specifier ?? "");
}

function resolveImport(specifier: string, from: string): string {
  if (specifier.startsWith(".")) return join(from, specifier);
  if (specifier === "#transport") {
    const manifest = JSON.parse(readFileSync(join(client, "package.json"), "utf8")) as Manifest;
    return join(client, manifest.imports["#transport"]["dred-source"]["browser"] ?? "");
  }
  const own = /^@dred\/([a-z]+)$/.exec(specifier)?.[1];
  if (own === undefined) throw new Error(`a browser would have to load ${specifier}`);
  return join(packages, own, "src/index.ts");
}

test("a browser loads the client and the protocol, and nothing of Node", () => {
  const files = browserGraph();

  expect(files.size).toBeGreaterThan(40);
  expect([...files.keys()].filter((path) => !existsSync(path))).toEqual([]);
  expect([...files.keys()].filter((path) => path.includes("nodeTransport"))).toEqual([]);
  const users = [...files].filter(([, text]) => /\bBuffer\b|\bprocess\.[a-z]|"node:/.test(text));
  expect(users.map(([path]) => path)).toEqual([]);
});
