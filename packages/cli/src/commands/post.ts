import { makeOcid } from "@dred/client";
import type { DredClient } from "@dred/client";
import { DredError } from "@dred/protocol";
import type { Command } from "commander";
import type { Terminal } from "../Terminal.ts";
import { UsageError } from "../UsageError.ts";
import { addClientOptions, withClient } from "../withClient.ts";
import type { ClientFlags } from "../withClient.ts";

interface PostFlags extends ClientFlags {
  readonly type: string;
  readonly ocid?: string;
}

interface Target {
  readonly client: DredClient;
  readonly channel: string;
  readonly flags: PostFlags;
}

/** `dred post CHANNEL [TEXT|-]` */
export function addPost(program: Command, terminal: Terminal): void {
  addClientOptions(program.command("post <CHANNEL> [TEXT]"))
    .description("post TEXT, or with - (or a pipe) each line of the input")
    .option("--type <TYPE>", "the messages' type", "message")
    .option("--ocid <OCID>", "your own name for the message: posting it again is no second one")
    .action((channel: string, text: string | undefined, flags: PostFlags) => {
      const isInput = text === "-" || (text === undefined && !terminal.isInputInteractive);
      if (isInput && flags.ocid !== undefined) {
        throw new UsageError("--ocid names one message: give its TEXT, not the input");
      }
      if (text === undefined && !isInput) {
        throw new UsageError("post what? Give TEXT, or - to post each line of the input");
      }
      return withClient(terminal, flags, async (client) => {
        const target = { client, channel, flags };
        if (isInput) await postInput(target, terminal);
        else await postText(target, text ?? "", terminal);
      });
    });
}

async function postText(target: Target, msg: string, terminal: Terminal): Promise<void> {
  const { client, channel, flags } = target;
  const { type, ocid = makeOcid() } = flags;
  const reply = await client.postMessage(channel, { type, msg, ocid }).catch((error: unknown) => {
    throw error instanceof DredError ? withOcid(error, ocid) : error;
  });
  const done = reply.status === "duplicate" ? "had been posted already:" : "posted";
  await terminal.print(flags.json ? JSON.stringify(reply) : `${done} ${reply.mid}`);
}

/** The message may be stored although the post failed: under its ocid it is no second one. */
function withOcid({ code, detail }: DredError, ocid: string): DredError {
  return new DredError(code, code === "outcome-unknown" ? `${detail}: --ocid ${ocid}` : detail);
}

/** Posts the lines as they come, those that came together in one request. */
async function postInput({ client, channel, flags }: Target, terminal: Terminal): Promise<void> {
  let posted = 0;
  for await (const lines of terminal.inputLines()) {
    if (lines.length === 0) continue;
    const messages = lines.map((msg) => ({ type: flags.type, msg }));
    for (const reply of await client.postMessages(channel, messages)) {
      if (reply instanceof DredError) throw afterSome(reply, posted);
      posted++;
      if (flags.json) await terminal.print(JSON.stringify(reply));
    }
  }
  if (!flags.json)
    await terminal.print(`posted ${posted} ${posted === 1 ? "message" : "messages"}`);
}

function afterSome(error: DredError, posted: number): DredError {
  return new DredError(error.code, `message ${posted + 1} was not posted: ${error.detail}`);
}
