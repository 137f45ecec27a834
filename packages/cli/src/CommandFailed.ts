/** The command's answer is a failure that it has told already; the process exits with 1. */
export class CommandFailed extends Error {
  override readonly name = "CommandFailed";
}
