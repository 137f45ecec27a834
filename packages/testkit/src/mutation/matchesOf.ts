import type { Mutant } from "./Mutant.ts";

/** How often the text that a mutant replaces occurs in its file. */
export function matchesOf({ find }: Mutant, source: string): number {
  return source.split(find).length - 1;
}
