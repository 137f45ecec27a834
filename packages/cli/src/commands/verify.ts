import type { Command } from "commander";
import { CommandFailed } from "../CommandFailed.ts";
import { toPrintable } from "../output/printable.ts";
import type { Terminal } from "../Terminal.ts";
import { toDifferenceLine } from "../verify/Difference.ts";
import { NeighborhoodVerification } from "../verify/NeighborhoodVerification.ts";
import type { Verification } from "../verify/NeighborhoodVerification.ts";
import { VerifiedServer } from "../verify/VerifiedServer.ts";
import { addClientOptions, withClient } from "../withClient.ts";
import type { ClientFlags } from "../withClient.ts";

/** `dred verify` */
export function addVerify(program: Command, terminal: Terminal): void {
  addClientOptions(program.command("verify"))
    .description(
      "compare all servers: registry, heads, chain hashes and content; exit 1 if unequal",
    )
    .action((flags: ClientFlags) =>
      withClient(terminal, flags, async (client) => {
        const servers = (await client.hosts()).map((host) => new VerifiedServer(host));
        try {
          const found = await new NeighborhoodVerification(servers, terminal.signal).run();
          if (flags.json) await terminal.print(JSON.stringify(found));
          else for (const line of toText(found)) await terminal.print(toPrintable(line));
          if (!found.isEqual) throw new CommandFailed();
        } finally {
          await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
        }
      }),
    );
}

function toText(found: Verification): readonly string[] {
  const { servers, channels, messages } = found;
  const what = [count(servers, "server"), count(channels, "channel"), count(messages, "message")];
  if (found.isEqual) return [`equal: ${what.join(", ")}`];
  const shown = found.differences.map(toDifferenceLine);
  const rest = found.found > shown.length ? ` (the first ${shown.length} are shown)` : "";
  const different = found.found - found.unreached;
  if (different === 0) return [...shown, toUnreachedLine(found, what)];
  return [...shown, `not equal: ${count(different, "difference")}${rest} in ${what.join(", ")}`];
}

/** What can be said while some servers do not answer: that the others agree. */
function toUnreachedLine({ servers, unreached }: Verification, what: readonly string[]): string {
  const missing = `${count(unreached, "server")} could not be compared`;
  return servers < 2 ? missing : `${missing}; the others are equal: ${what.join(", ")}`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? "" : "s"}`;
}
