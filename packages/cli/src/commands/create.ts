import type { Command } from "commander";
import type { Terminal } from "../Terminal.ts";
import { UsageError } from "../UsageError.ts";
import { addClientOptions, withClient } from "../withClient.ts";
import type { ClientFlags } from "../withClient.ts";

interface CreateFlags extends ClientFlags {
  readonly messageLifetime?: string;
  readonly maxMessages?: string;
  readonly expiresAt?: string;
}

/** `dred create CHANNEL` */
export function addCreate(program: Command, terminal: Terminal): void {
  addClientOptions(program.command("create <CHANNEL>"))
    .description("create a channel")
    .option("--message-lifetime <MS>", "delete each message after so many milliseconds")
    .option("--max-messages <N>", "keep so many messages of each server")
    .option("--expires-at <TIME>", "delete the channel then: ISO 8601, or ms since 1970")
    .action((channel: string, flags: CreateFlags) =>
      withClient(terminal, flags, async (client) => {
        const created = await client.createChannel(channel, toOptions(flags));
        await terminal.print(flags.json ? JSON.stringify(created) : `created ${created.id}`);
      }),
    );
}

function toOptions(flags: CreateFlags): object {
  return {
    ...(flags.messageLifetime && {
      messageLifetime: toCount(flags.messageLifetime, "--message-lifetime"),
    }),
    ...(flags.maxMessages && { maxMessages: toCount(flags.maxMessages, "--max-messages") }),
    ...(flags.expiresAt && { expiresAt: toTime(flags.expiresAt) }),
  };
}

function toCount(text: string, option: string): number {
  if (/^[1-9]\d{0,14}$/.test(text)) return Number(text);
  throw new UsageError(`${option} must be a whole number of at least 1, not "${text}"`);
}

function toTime(text: string): number {
  const ms = /^\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(ms)) return ms;
  throw new UsageError(`--expires-at must be like 2030-01-31T12:00:00Z, not "${text}"`);
}
