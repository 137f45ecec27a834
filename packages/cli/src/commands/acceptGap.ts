import type { Command } from "commander";
import type { Terminal } from "../Terminal.ts";
import { addClientOptions, withClient } from "../withClient.ts";
import type { ClientFlags } from "../withClient.ts";

/** `dred accept-gap CHANNEL ORIGIN` */
export function addAcceptGap(program: Command, terminal: Terminal): void {
  addClientOptions(program.command("accept-gap <CHANNEL> <ORIGIN>"))
    .description("give up messages that every server has lost, so that those behind them come")
    .option("--admin-token <TOKEN>", "where the servers have one (DRED_ADMIN_TOKEN)")
    .action((channel: string, origin: string, flags: ClientFlags) =>
      withClient(terminal, flags, async (client) => {
        const answer = await client.acceptGap(channel, origin);
        const text = `gave up ${channel} of ${origin} through ${answer.through}, on all servers`;
        await terminal.print(flags.json ? JSON.stringify(answer) : text);
      }),
    );
}
