import { parseArgs } from "node:util";

export const DRILL_USAGE = `pnpm drill [NAME …]
pnpm drill --minutes M [--seed S]
pnpm drill --list

  NAME …       the drills to run; without names all that are not long
  --minutes M  makes faults of all kinds for so long instead
  --seed S     in the order that this seed gives; a random one
  --list       says what each drill shows, and runs none`;

/** The seeds that are drawn when none is given. */
const SEED_MAX = 1_000_000;

export interface DrillOptions {
  readonly isListed: boolean;
  /** Empty: all that are not long. */
  readonly names: readonly string[];
  /** A random mix of faults instead of drills by name. */
  readonly mix: { readonly minutes: number; readonly seed: number } | undefined;
}

/** @throws Error with a sentence about what is wrong with the arguments. */
export function parseDrillOptions(words: readonly string[]): DrillOptions {
  const { values, positionals: names } = parseArgs({
    args: words.filter((word) => word !== "--"),
    allowPositionals: true,
    options: {
      list: { type: "boolean" },
      minutes: { type: "string" },
      seed: { type: "string" },
    },
  });
  const { minutes, seed, list: isListed = false } = values;
  if (minutes === undefined) {
    if (seed !== undefined) throw new Error("--seed orders the faults of --minutes: give both");
    return { isListed, names, mix: undefined };
  }
  if (names.length > 0) throw new Error("--minutes runs no drills by name: give one or the other");
  const drawn = Math.ceil(Math.random() * SEED_MAX);
  const mix = {
    minutes: wholeNumber("minutes", minutes),
    seed: seed === undefined ? drawn : wholeNumber("seed", seed),
  };
  return { isListed, names, mix };
}

function wholeNumber(name: string, text: string): number {
  if (/^[1-9][0-9]{0,6}$/.test(text)) return Number(text);
  throw new Error(`--${name} takes a whole number from 1 on, not "${text}"`);
}
