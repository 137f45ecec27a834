import { PassThrough } from "node:stream";
import { runCommand } from "../runCommand.ts";
import { Terminal } from "../Terminal.ts";

/** Runs a command in this process, from its sources. */
export async function runDred(
  ...words: string[]
): Promise<{ readonly code: number; readonly stdout: string; readonly stderr: string }> {
  const streams = {
    stdin: new PassThrough(),
    stdout: new PassThrough(),
    stderr: new PassThrough(),
  };
  const { signal } = new AbortController();
  const terminal = new Terminal({ ...streams, environment: {}, signal });
  const code = await runCommand(words, terminal);
  const textOf = (stream: PassThrough): string => String(stream.read() ?? "");
  return { code, stdout: textOf(streams.stdout), stderr: textOf(streams.stderr) };
}
