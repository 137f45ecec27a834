import { silentLog } from "../silentLog.ts";
import { simulate } from "../simulation/simulate.ts";

/** Runs one seed and prints what happened in it. Returns the exit code. */
export async function replaySeed(seed: number): Promise<number> {
  try {
    const result = await simulate(seed, silentLog);
    console.log(`faults: ${result.faults.join(", ")}`);
    console.log(
      `seed ${seed}: ${result.acked} posts acknowledged, ${result.delivered} messages ` +
        `delivered, converged within ${result.convergedMs} simulated ms; no property broken`,
    );
    return 0;
  } catch (error) {
    console.error(String(error));
    if (error instanceof Error && error.cause instanceof Error) console.error(error.cause.stack);
    return 1;
  }
}
