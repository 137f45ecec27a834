import type { LinkStatus, OriginStatus, ReplicationStatus } from "@dred/client";
import type { Command } from "commander";
import { toPrintable } from "../output/printable.ts";
import { toProgressText } from "../output/progressText.ts";
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

function toText(status: ReplicationStatus): readonly string[] {
  const { serverId, origins, links, clock } = status;
  return [
    `${serverId} ${toSentence(status)}`,
    ...toClock(clock),
    ...toOrigins(origins),
    ...toLinks(links),
    ...toParked(origins),
  ];
}

function toClock({ aheadMs, isAstray }: ReplicationStatus["clock"]): readonly string[] {
  return isAstray ? [`its clock is ${aheadMs} ms off the other servers': set it right`] : [];
}

function toSentence({ readiness, origins }: ReplicationStatus): string {
  if (!readiness.isStoreReachable) return "cannot reach its store";
  if (!readiness.isReady) {
    const { entriesMissing } = readiness;
    if (entriesMissing === undefined) return "is joining";
    const entriesHeld = origins.reduce((sum, { count }) => sum + count, 0);
    return `is joining: ${toProgressText({ entriesHeld, entriesMissing, atMs: 0 })}`;
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

function toLinks(links: readonly LinkStatus[]): readonly string[] {
  if (links.length === 0) return [];
  const rows = links.map((each) => [
    each.peer,
    each.pullingSinceMs === undefined ? "no" : "yes",
    each.isServing ? "yes" : "no",
    each.clockOffsetMs === undefined ? "-" : String(each.clockOffsetMs),
    String(each.receivedEntries),
    String(each.sentEntries),
    String(each.receivedBytes),
    String(each.sentBytes),
  ]);
  const titles = ["PEER", "PULLING", "SERVING", "CLOCK MS", "GOT", "GAVE", "BYTES IN", "BYTES OUT"];
  return ["", ...toTable(titles, rows)];
}

function toParked(origins: readonly OriginStatus[]): readonly string[] {
  const lines = origins.flatMap(({ origin, parked }) =>
    parked.map(({ channel, head, reason, from, sinceMs, detail }) => {
      const since = new Date(sinceMs).toISOString();
      const why = detail === undefined ? reason : `${reason} (${detail})`;
      return `parked: ${channel} of ${origin} at ${head}: ${why}, from ${from}, since ${since}`;
    }),
  );
  return lines.length === 0 ? [] : ["", ...lines];
}
