import { silentLog } from "../silentLog.ts";
import { simulate } from "../simulation/simulate.ts";
import type { FailedSeed, SeedOutcome } from "./SeedOutcome.ts";

/** Runs one seed; what breaks in it is an outcome and not an error. */
export async function runSeed(seed: number): Promise<SeedOutcome> {
  try {
    const { acked, delivered, convergedMs } = await simulate(seed, silentLog);
    return { seed, acked, delivered, convergedMs };
  } catch (error) {
    return toFailure(seed, error);
  }
}

/** The failure that `simulate` rejected with. */
export function toFailure(seed: number, error: unknown): FailedSeed {
  const message = String(error);
  const property = /\b[PR]\d{1,2}(?=:)/.exec(message)?.[0] ?? "other";
  return { seed, property, message };
}
