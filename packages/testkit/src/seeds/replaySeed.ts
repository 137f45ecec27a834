import { silentLog } from "../silentLog.ts";
import { simulate, SimulationError } from "../simulation/simulate.ts";

/** Runs one seed and prints what happened in it. Returns the exit code. */
export async function replaySeed(seed: number): Promise<number> {
  try {
    const result = await simulate(seed, silentLog);
    console.log(result.trace.join("\n"));
    console.log(
      `seed ${seed}: ${result.acked} posts acknowledged, ${result.delivered} messages ` +
        `delivered, converged within ${result.convergedMs} simulated ms; no property broken`,
    );
    return 0;
  } catch (error) {
    if (error instanceof SimulationError) console.log(error.trace.join("\n"));
    console.error(String(error));
    if (error instanceof Error && error.cause instanceof Error) console.error(error.cause.stack);
    return 1;
  }
}
