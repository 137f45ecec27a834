import { isClockAstray, medianOffsetMs } from "@dred/core";
import type { ClockStatus } from "./Replica.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";

/** Compares our clock with the linked peers' and says once when it goes astray, and comes back. */
export class ClockWatch {
  readonly #context: ReplicaContext;
  readonly #offsetsMs: () => readonly number[];
  #wasAstray = false;

  constructor(context: ReplicaContext, offsetsMs: () => readonly number[]) {
    this.#context = context;
    this.#offsetsMs = offsetsMs;
  }

  status(): ClockStatus {
    const offsets = this.#offsetsMs();
    return { aheadMs: Math.round(0 - medianOffsetMs(offsets)), isAstray: isClockAstray(offsets) };
  }

  /** To be called each second. */
  look(): void {
    const { aheadMs, isAstray } = this.status();
    if (isAstray === this.#wasAstray) return;
    this.#wasAstray = isAstray;
    if (isAstray) {
      this.#context.log.error("our clock is off the neighborhood's: set it right", { aheadMs });
    } else this.#context.log.info("our clock agrees with the neighborhood's again", { aheadMs });
  }
}
