import { DredError } from "@dred/protocol";

/** Whether the store cannot read or write one log, or one entry of it, and goes on with others. */
export function isDamage(error: unknown): error is DredError {
  return error instanceof DredError && error.code === "store-damaged";
}
