import { CommanderError } from "commander";
import { DredError } from "@dred/protocol";
import { CommandFailed } from "./CommandFailed.ts";
import { createProgram } from "./createProgram.ts";
import type { Terminal } from "./Terminal.ts";
import { UsageError } from "./UsageError.ts";

/** 0: done. 1: it could not be done. 2: it was asked for in a way that does not exist. */
export type ExitCode = 0 | 1 | 2;

/**
 * Runs one command line, without the program's own name; never rejects. What goes wrong is told
 * in one sentence on standard error.
 */
export async function runCommand(words: readonly string[], terminal: Terminal): Promise<ExitCode> {
  try {
    const program = await createProgram(words, terminal);
    await program.parseAsync([...words], { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (terminal.signal.aborted) return 0;
    if (error instanceof CommandFailed) return 1;
    terminal.complain(sentenceOf(error));
    return error instanceof UsageError ? 2 : 1;
  }
}

function sentenceOf(error: unknown): string {
  if (error instanceof DredError) return error.detail;
  return error instanceof Error ? error.message : String(error);
}
