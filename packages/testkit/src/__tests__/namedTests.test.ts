import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/*
 * docs/replication.md and docs/protocol.md name the test of every rule as `file "test"`. What they
 * name must be there under that name, or the text promises what nobody looks at.
 */

const ROOT = fileURLToPath(new URL("../../../..", import.meta.url));

test.each(["replication.md", "protocol.md"])(
  "every test that the rules in %s name is there",
  (text) => {
    const rules = readFileSync(join(ROOT, "docs", text), "utf8");
    const sources = readTestFiles();
    const missing = namedTests(rules).filter(
      ({ file, name }) => !sources.get(file)?.includes(name),
    );
    expect(missing).toEqual([]);
  },
);

test("no two files of tests have one name, so a rule names one test", () => {
  const names = testFiles().map(toName);
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
});

test("finds a name that a line break or a template interrupts", () => {
  const text = 'a rule. — `death "R5: dies\nin time"`;\n`aContract "a %s b"`, `key "`';
  expect(namedTests(text)).toEqual([
    { file: "death", name: "R5: dies in time" },
    { file: "aContract", name: "a %s b" },
  ]);
});

interface NamedTest {
  readonly file: string;
  readonly name: string;
}

function namedTests(text: string): NamedTest[] {
  const matches = text.replaceAll(/\s+/g, " ").matchAll(/`([\w.]+) "([^"`]+)"`/g);
  return [...matches].map(([, file = "", name = ""]) => ({ file, name }));
}

/** The text of each file of tests or contracts, by its name without endings. */
function readTestFiles(): Map<string, string> {
  return new Map(testFiles().map((path) => [toName(path), readFileSync(path, "utf8")]));
}

function testFiles(): string[] {
  const packages = join(ROOT, "packages");
  return readdirSync(packages, { recursive: true, encoding: "utf8" })
    .filter((path) => /^[^/\\]+[/\\]src[/\\]/.test(path) && /(\.test|Contract)\.ts$/.test(path))
    .map((path) => join(packages, path));
}

function toName(path: string): string {
  return basename(path).replace(/(\.test)?\.ts$/, "");
}
