import { setTimeout as wait } from "node:timers/promises";

const LOOK_MS = 50;

/**
 * Waits until nothing is missing any more; gives how long that took, in ms.
 *
 * @param look Gives what is missing, as a sentence; what it throws counts as that.
 * @throws Error with what was missing in the end, after `msMax`.
 */
export async function waitFor(
  what: string,
  msMax: number,
  look: () => Promise<string | undefined> | string | undefined,
): Promise<number> {
  const began = performance.now();
  for (;;) {
    let missing: string | undefined;
    try {
      missing = await look();
    } catch (error) {
      missing = String(error);
    }
    const ms = Math.round(performance.now() - began);
    if (missing === undefined) return ms;
    if (ms >= msMax) throw new Error(`${what}: not within ${msMax} ms: ${missing}`);
    await wait(LOOK_MS);
  }
}

/** @throws Error with the sentence when it does not hold. */
export function demand(holds: boolean, sentence: string): asserts holds {
  if (!holds) throw new Error(sentence);
}
