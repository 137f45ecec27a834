import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { yieldToOthers } from "./processCost.ts";

/**
 * Processes that do nothing but reckon, at the priority of the server that joins. What posts
 * take beside them is what they take on this machine while anything else runs: the rest of
 * the difference is what joining costs the servers.
 */
export class BusyProcesses implements Disposable {
  readonly #processes: readonly ChildProcess[];

  constructor(count: number) {
    this.#processes = Array.from({ length: count }, () => {
      const busy = spawn(process.execPath, ["-e", "for (;;);"], { stdio: "ignore" });
      if (busy.pid !== undefined) yieldToOthers(busy.pid);
      return busy;
    });
  }

  [Symbol.dispose](): void {
    for (const busy of this.#processes) busy.kill("SIGKILL");
  }
}
