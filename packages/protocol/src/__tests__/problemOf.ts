import { DredError } from "../DredError.ts";

/** The failure of `action`; undefined when it has none. Anything but a DredError is thrown on. */
export function problemOf(action: () => unknown): DredError | undefined {
  try {
    action();
    return undefined;
  } catch (error) {
    if (error instanceof DredError) return error;
    throw error;
  }
}
