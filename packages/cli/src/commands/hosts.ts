import type { Host } from "@dred/client";
import type { Command } from "commander";
import { toPrintable } from "../output/printable.ts";
import { toTable } from "../output/table.ts";
import type { Terminal } from "../Terminal.ts";
import { addClientOptions, withClient } from "../withClient.ts";
import type { ClientFlags } from "../withClient.ts";

/** `dred hosts` and `dred hosts remove ID` */
export function addHosts(program: Command, terminal: Terminal): void {
  const hosts = addClientOptions(program.command("hosts"))
    .description("list the servers of the neighborhood, as one of them sees them")
    .action((flags: ClientFlags) =>
      withClient(terminal, flags, async (client) => {
        const list = await client.hosts();
        if (flags.json) await terminal.print(JSON.stringify(list));
        else for (const line of toText(list)) await terminal.print(line);
      }),
    );
  addClientOptions(hosts.command("remove <ID>"))
    .description("forget a server that will not come back")
    .option("--admin-token <TOKEN>", "where the servers have one (DRED_ADMIN_TOKEN)")
    .action((id: string, _: unknown, command: Command) => {
      // Options that stand before `remove` belong to `hosts`.
      const flags = command.optsWithGlobals<ClientFlags>();
      return withClient(terminal, flags, async (client) => {
        await client.removeHost(id);
        const answer = { id, status: "removed" };
        await terminal.print(flags.json ? JSON.stringify(answer) : `removed ${id}`);
      });
    });
}

function toText(hosts: readonly Host[]): readonly string[] {
  const rows = hosts.map((host) => [
    host.id,
    host.url,
    host.state,
    host.since === 0 ? "-" : new Date(host.since).toISOString(),
    String(host.lag),
    host.version,
  ]);
  return toTable(
    ["ID", "URL", "STATE", "SINCE", "LAG", "VERSION"],
    rows.map((row) => row.map(toPrintable)),
  );
}
