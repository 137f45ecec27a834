import type { OriginStatus, ReplicationStatus } from "@dred/client";
import type { Command } from "commander";
import { toPrintable } from "../output/printable.ts";
import { toTable } from "../output/table.ts";
import type { Terminal } from "../Terminal.ts";
import { addClientOptions, withClient } from "../withClient.ts";
import type { ClientFlags } from "../withClient.ts";

/** `dred status` */
export function addStatus(program: Command, terminal: Terminal): void {
  addClientOptions(program.command("status"))
    .description("show how far a server is with replicating")
    .action((flags: ClientFlags) =>
      withClient(terminal, flags, async (client) => {
        const status = await client.status();
        if (flags.json) await terminal.print(JSON.stringify(status));
        else for (const line of toText(status)) await terminal.print(toPrintable(line));
      }),
    );
}

function toText({ serverId, readiness, origins }: ReplicationStatus): readonly string[] {
  const parked = origins.flatMap(({ origin, parked: logs }) =>
    logs.map((log) => `parked: ${log.channel} of ${origin} at ${log.head}: ${log.reason}`),
  );
  return [`${serverId} ${toSentence(readiness)}`, ...toOrigins(origins), ...parked];
}

function toSentence(readiness: ReplicationStatus["readiness"]): string {
  if (!readiness.isStoreReachable) return "cannot reach its store";
  if (!readiness.isReady) {
    const { entriesMissing } = readiness;
    return entriesMissing === undefined ? "is joining" : `is fetching ${entriesMissing} entries`;
  }
  return readiness.isDegraded ? "is ready, but reaches no other server" : "is ready";
}

function toOrigins(origins: readonly OriginStatus[]): readonly string[] {
  if (origins.length === 0) return [];
  const rows = origins.map((each) => [
    each.origin,
    each.source ?? "-",
    String(each.count),
    String(each.lagEntries),
    String(each.lagMs),
    String(each.parked.length),
    String(each.gaps),
    String(each.forks),
  ]);
  return [
    "",
    ...toTable(["ORIGIN", "FROM", "HELD", "LAG", "LAG MS", "PARKED", "GAPS", "FORKS"], rows),
  ];
}
