import type { Command } from "commander";
import type { Terminal } from "../Terminal.ts";
import { addClientOptions, withClient } from "../withClient.ts";
import type { ClientFlags } from "../withClient.ts";

/** `dred channels` */
export function addChannels(program: Command, terminal: Terminal): void {
  addClientOptions(program.command("channels"))
    .description("list the channels, one a line")
    .action((flags: ClientFlags) =>
      withClient(terminal, flags, async (client) => {
        const channels = await client.channels();
        if (flags.json) await terminal.print(JSON.stringify(channels));
        else for (const channel of channels) await terminal.print(channel);
      }),
    );
}
