import { runCommand } from "./runCommand.ts";
import { Terminal } from "./Terminal.ts";

const stopping = new AbortController();
process.once("SIGINT", () => stopping.abort(new Error("interrupted")));
process.once("SIGTERM", () => stopping.abort(new Error("asked to stop")));
// `dred channels | head -1`: who read enough is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  process.exit(error.code === "EPIPE" ? 0 : 1);
});

const terminal = new Terminal({
  stdin: process.stdin,
  stdout: process.stdout,
  stderr: process.stderr,
  environment: process.env,
  signal: stopping.signal,
});

process.exitCode = await runCommand(process.argv.slice(2), terminal);
