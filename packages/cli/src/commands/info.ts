import type { ChannelInfo } from "@dred/client";
import type { Command } from "commander";
import { toPrintable } from "../output/printable.ts";
import { toTable } from "../output/table.ts";
import type { Terminal } from "../Terminal.ts";
import { addClientOptions, withClient } from "../withClient.ts";
import type { ClientFlags } from "../withClient.ts";

/** `dred info CHANNEL` */
export function addInfo(program: Command, terminal: Terminal): void {
  addClientOptions(program.command("info <CHANNEL>"))
    .description("show a channel's options, members and heads")
    .action((channel: string, flags: ClientFlags) =>
      withClient(terminal, flags, async (client) => {
        const info = await client.channelInfo(channel);
        if (flags.json) await terminal.print(JSON.stringify(info));
        else for (const line of toText(info)) await terminal.print(line);
      }),
    );
}

function toText(info: ChannelInfo): readonly string[] {
  const facts = [
    ["channel", info.id],
    ["created", new Date(info.createdAt).toISOString()],
    ["messages", String(info.count)],
    ["bytes", String(info.bytes)],
    ["listeners", String(info.listeners)],
    ["members", info.members.join(" ") || "everybody"],
    ...Object.entries(info.options).map(([name, value]) => [name, JSON.stringify(value)]),
  ].map((cells) => cells.map(toPrintable));
  const heads = Object.entries(info.vector).sort(([a], [b]) => (a < b ? -1 : 1));
  return [...toFacts(facts), ...toHeads(heads)];
}

function toFacts(facts: readonly (readonly string[])[]): readonly string[] {
  return toTable(["", ""], facts).slice(1);
}

function toHeads(heads: readonly (readonly [string, string])[]): readonly string[] {
  return heads.length === 0 ? [] : ["", ...toTable(["ORIGIN", "HEAD (ts-seq)"], heads)];
}
