import type { World } from "../World.ts";

/** One thing that goes wrong in a neighborhood, and how it ends. */
export interface Fault {
  readonly name: string;
  /** Begins it; undefined when there is nothing now that it could happen to. */
  begin(world: World): FaultRun | undefined;
}

interface FaultRun {
  /** To whom it happens, for the trace. */
  readonly what: string;
  /** Called once, `durationMs` after the beginning or when everything is healed. */
  readonly end?: () => void;
  readonly durationMs: number;
}
