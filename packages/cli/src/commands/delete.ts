import type { Command } from "commander";
import type { Terminal } from "../Terminal.ts";
import { addClientOptions, withClient } from "../withClient.ts";
import type { ClientFlags } from "../withClient.ts";

/** `dred delete CHANNEL` */
export function addDelete(program: Command, terminal: Terminal): void {
  addClientOptions(program.command("delete <CHANNEL>"))
    .description("delete a channel and its messages, on all servers")
    .option("--admin-token <TOKEN>", "where the servers have one (DRED_ADMIN_TOKEN)")
    .action((channel: string, flags: ClientFlags) =>
      withClient(terminal, flags, async (client) => {
        await client.deleteChannel(channel);
        const answer = { id: channel, status: "deleted" };
        await terminal.print(flags.json ? JSON.stringify(answer) : `deleted ${channel}`);
      }),
    );
}
