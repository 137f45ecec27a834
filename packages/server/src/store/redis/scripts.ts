import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";

/** A Lua script as Redis knows it. */
export interface Script {
  readonly name: string;
  /** With `stamp.lua`, and what else it is built upon, after its first line. */
  readonly text: string;
  /** SHA-1 of the text: what EVALSHA calls it by. */
  readonly sha: string;
}

const directory = new URL("./lua/", import.meta.url);

function read(name: string): string {
  return readFileSync(new URL(`${name}.lua`, directory), "utf8");
}

function load(name: string, ...prologues: readonly string[]): Script {
  const source = read(name);
  const firstLineEnd = source.indexOf("\n") + 1;
  const parts = ["stamp", ...prologues].map(read);
  const text = source.slice(0, firstLineEnd) + parts.join("") + source.slice(firstLineEnd);
  return toScript(name, text);
}

/** The same script, which Redis runs also when it has no memory left. */
function allowedWhenFull({ name, text }: Script): Script {
  return toScript(`${name}WhenFull`, text.replace("#!lua", "#!lua flags=allow-oom"));
}

function toScript(name: string, text: string): Script {
  return { name, text, sha: createHash("sha1").update(text).digest("hex") };
}

/** All scripts; the only place where their text is read. */
export const scripts = {
  takeLease: load("takeLease"),
  stampServer: load("stampServer"),
  stampRegistry: load("stampRegistry"),
  renewLease: load("renewLease"),
  checkRegistry: load("checkRegistry"),
  releaseLease: load("releaseLease"),
  noteWritten: load("noteWritten"),
  noteWrittenWhenFull: allowedWhenFull(load("noteWritten")),
  openChannel: load("openChannel", "faults"),
  commitEntries: load("commitEntries", "index"),
  reindexEntries: load("reindexEntries", "index"),
  settleIndex: load("settleIndex"),
  copyLog: load("copyLog"),
  shortenLog: load("shortenLog"),
  skipEntries: load("skipEntries"),
  trimLog: load("trimLog"),
  dropChannel: load("dropChannel"),
  writeRegistry: load("writeRegistry"),
  writeRegistryWhenFull: allowedWhenFull(load("writeRegistry")),
} as const;
