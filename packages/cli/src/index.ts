export { runCommand } from "./runCommand.ts";
export type { ExitCode } from "./runCommand.ts";
export { Terminal } from "./Terminal.ts";
export type { TerminalOptions } from "./Terminal.ts";
