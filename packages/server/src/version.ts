import { readFileSync } from "node:fs";

const packageText = readFileSync(new URL("../package.json", import.meta.url), "utf8");

/** The version of this package, which servers tell one another. */
export const VERSION = (JSON.parse(packageText) as { readonly version: string }).version;
