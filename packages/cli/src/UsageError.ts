/** The command was called in a way it does not know; the process exits with 2. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
