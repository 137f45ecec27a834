import { readFile } from "node:fs/promises";
import { setPriority } from "node:os";

const TICKS_PER_SECOND = 100;
const LOWEST_PRIORITY = 19;

/** What a process has taken of the machine. */
export interface ProcessCost {
  readonly residentBytes: number;
  /** Since it was started. */
  readonly processorSeconds: number;
}

/** Reads what Linux tells of a process; NaN elsewhere. */
export async function processCost(pid: number): Promise<ProcessCost> {
  try {
    const status = await readFile(`/proc/${pid}/status`, "utf8");
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]); // utime, stime
    return {
      residentBytes: Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024,
      processorSeconds: ticks / TICKS_PER_SECOND,
    };
  } catch {
    return { residentBytes: Number.NaN, processorSeconds: Number.NaN };
  }
}

/** Gives a process only what others leave, as if it ran on a machine of its own. */
export function yieldToOthers(pid: number): void {
  setPriority(pid, LOWEST_PRIORITY);
}
