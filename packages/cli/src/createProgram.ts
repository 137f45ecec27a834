import { readFileSync } from "node:fs";
import { Command } from "commander";
import { addAcceptGap } from "./commands/acceptGap.ts";
import { addChannels } from "./commands/channels.ts";
import { addCreate } from "./commands/create.ts";
import { addDelete } from "./commands/delete.ts";
import { addHosts } from "./commands/hosts.ts";
import { addInfo } from "./commands/info.ts";
import { addListen } from "./commands/listen.ts";
import { addPost } from "./commands/post.ts";
import { addStatus } from "./commands/status.ts";
import { addVerify } from "./commands/verify.ts";
import type { Terminal } from "./Terminal.ts";

/**
 * The command line with all its commands; it throws instead of ending the process.
 *
 * @param words What it will be asked to run. `dev` and `serve` load the server, which takes half a
 *   second that no other command needs.
 */
export async function createProgram(
  words: readonly string[],
  terminal: Terminal,
): Promise<Command> {
  const program = new Command("dred")
    .description("Channels of messages on several servers that replicate to one another.")
    .version(readVersion())
    .exitOverride()
    .showHelpAfterError("(add --help to see what it takes)")
    .configureOutput({ outputError: (text) => terminal.complain(toSentence(text)) });
  const dev = program.command("dev").description("run a neighborhood of servers on this machine");
  const serve = program.command("serve").description("run one server of a neighborhood");
  if (words.includes("dev")) (await import("./commands/dev.ts")).addDev(dev, terminal);
  if (words.includes("serve")) (await import("./commands/serve.ts")).addServe(serve, terminal);
  addCreate(program, terminal);
  addDelete(program, terminal);
  addInfo(program, terminal);
  addChannels(program, terminal);
  addPost(program, terminal);
  addListen(program, terminal);
  addHosts(program, terminal);
  addStatus(program, terminal);
  addVerify(program, terminal);
  addAcceptGap(program, terminal);
  return program;
}

function readVersion(): string {
  const manifest = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { readonly version: string }).version;
}

function toSentence(text: string): string {
  return text.trim().replace(/^error: /, "");
}
