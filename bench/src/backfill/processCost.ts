import { execFileSync } from "node:child_process";
import { readFile } from "node:fs/promises";

const TICKS_PER_SECOND = 100;

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

/**
 * Gives all threads of a process only what others leave, as if it ran on a machine of its own. A
 * priority would be one thread's alone, and would leave it its turns before others.
 *
 * @throws Error where there is no `chrt` (Linux has it in util-linux).
 */
export function yieldToOthers(pid: number): void {
  execFileSync("chrt", ["--all-tasks", "--idle", "--pid", "0", String(pid)]);
}
