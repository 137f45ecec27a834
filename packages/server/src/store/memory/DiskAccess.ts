import { DredError } from "@dred/protocol";
import { delay } from "../../replica/delay.ts";
import type { Clock } from "../../replica/ports/Clock.ts";
import type { CallOptions } from "../../replica/ports/Store.ts";
import type { DiskFault, DiskOperation, MemoryDisk } from "./MemoryDisk.ts";
import { ScriptDied, ScriptWrites } from "./ScriptWrites.ts";

/** What is refused without memory, whatever is written. */
const NEEDS_MEMORY: ReadonlySet<DiskOperation> = new Set(["noteWritten", "commit"]);

/** Carries out operations on a disk, with the faults that it shows. */
export class DiskAccess {
  readonly disk: MemoryDisk;
  readonly clock: Clock;

  constructor(disk: MemoryDisk, clock: Clock) {
    this.disk = disk;
    this.clock = clock;
  }

  /**
   * Runs `act` at one moment, if the disk can be reached.
   *
   * @throws DredError `store-unavailable` or `store-full`; `signal.reason` when cancelled.
   */
  async perform<Value>(
    operation: DiskOperation,
    { signal }: CallOptions,
    act: (writes: ScriptWrites, fault: DiskFault) => Value,
  ): Promise<Value> {
    signal.throwIfAborted();
    if (this.disk.delayMs > 0) await delay(this.clock, this.disk.delayMs, signal);
    const fault = this.disk.faultOf(operation);
    if (!this.disk.isReachable || fault === "unreachable") throw unavailable(operation);
    if (fault === "full" && NEEDS_MEMORY.has(operation)) throw diskFull(operation);
    const value = carryOut(operation, fault, act);
    if (fault === "reply-lost") throw unavailable(operation);
    return value;
  }
}

function carryOut<Value>(
  operation: DiskOperation,
  fault: DiskFault,
  act: (writes: ScriptWrites, fault: DiskFault) => Value,
): Value {
  const left = typeof fault === "object" ? fault.diesAfter : Number.POSITIVE_INFINITY;
  try {
    return act(new ScriptWrites(left), fault);
  } catch (error) {
    if (error instanceof ScriptDied) throw unavailable(operation);
    throw error;
  }
}

export function diskFull(operation: DiskOperation): DredError {
  return new DredError("store-full", `${operation} failed: the disk is full`);
}

function unavailable(operation: DiskOperation): DredError {
  return new DredError("store-unavailable", `${operation} failed: the disk does not answer`);
}
