import { isMessage } from "@dred/client";
import type { DredClient, Message } from "@dred/client";
import type { ControlLine } from "@dred/protocol";
import type { Command } from "commander";
import { toControlText } from "../output/controlText.ts";
import { toMessageText } from "../output/messageText.ts";
import { toPrintable } from "../output/printable.ts";
import type { Terminal } from "../Terminal.ts";
import { addClientOptions, withClient } from "../withClient.ts";
import type { ClientFlags } from "../withClient.ts";

interface ListenFlags extends ClientFlags {
  readonly since?: string;
}

const CONNECTION_LOOK_MS = 1_000;

/** `dred listen CHANNEL…` */
export function addListen(program: Command, terminal: Terminal): void {
  addClientOptions(program.command("listen <CHANNEL...>"))
    .description("print what is posted, until Ctrl-C; a CHANNEL may end in *")
    .option("--since <start|CURSOR>", "begin with all that is retained, or at a cursor")
    .action((channels: readonly string[], flags: ListenFlags) =>
      withClient(terminal, flags, async (client) => {
        // Listening would wait for a server for ever; who mistyped a URL wants to hear of it.
        await client.channels();
        const stopWatching = watchConnection(client, terminal);
        try {
          await listen({ client, channels, flags }, terminal);
        } finally {
          stopWatching();
        }
      }),
    );
}

interface Listening {
  readonly client: DredClient;
  readonly channels: readonly string[];
  readonly flags: ListenFlags;
}

async function listen({ client, channels, flags }: Listening, terminal: Terminal): Promise<void> {
  const { signal } = terminal;
  const since = flags.since === undefined ? {} : { since: flags.since };
  const stream = client.listen(channels, { ...since, signal, withControlLines: true });
  const isJson = flags.json === true || !terminal.isInteractive;
  try {
    for await (const item of stream) {
      if (isMessage(item)) await terminal.print(toLine(item, isJson, terminal));
      else tell(item, terminal);
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
}

function toLine(message: Message, isJson: boolean, terminal: Terminal): string {
  return isJson ? JSON.stringify(message) : toMessageText(message, terminal);
}

/** What is no message goes to the person, so that a pipe gets messages only. */
function tell(line: ControlLine, terminal: Terminal): void {
  const sentence = toControlText(line);
  if (sentence !== undefined) terminal.note(toPrintable(sentence));
}

/** Says when the connection is lost and when it is back; returns what ends that. */
function watchConnection(client: DredClient, terminal: Terminal): () => void {
  let wasLost = false;
  const timer = setInterval(() => {
    const hosts = client.states();
    const isLost = hosts.every((host) => host.state === "failed");
    if (isLost && !wasLost)
      terminal.note(`connection lost: ${hosts[0]?.lastError ?? ""}; trying again`);
    if (!isLost && wasLost) terminal.note("connected again");
    wasLost = isLost;
  }, CONNECTION_LOOK_MS);
  return () => clearInterval(timer);
}
