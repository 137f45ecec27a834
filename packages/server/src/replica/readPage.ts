import { canonicalMerge } from "@dred/core";
import type { LogPage, PlacedEntry } from "@dred/core";
import { headOf, START } from "@dred/protocol";
import type { OriginId, VersionVector } from "@dred/protocol";
import type { ChannelReplica } from "./ChannelReplica.ts";

/** How many entries one page aims at, over all logs. */
const PAGE_ENTRIES = 500;
const PAGE_CHARS = 512_000;

export interface ChannelPage {
  /** In canonical order; per log contiguous from where the reader stands. */
  readonly entries: readonly PlacedEntry[];
  /** Whether nothing further was stored when the page was read. */
  readonly isLast: boolean;
}

/** Reads what follows `vector` in all logs of a channel, some hundred entries at most. */
export async function readPage(
  channel: ChannelReplica,
  vector: VersionVector,
): Promise<ChannelPage> {
  await channel.open();
  const behind = [...channel.content.heads]
    .filter(([origin, head]) => head.ts > headOf(vector, origin).ts)
    .map(([origin]) => origin);
  const entriesMax = Math.max(8, Math.floor(PAGE_ENTRIES / Math.max(1, behind.length)));
  const charsMax = Math.max(16_384, Math.floor(PAGE_CHARS / Math.max(1, behind.length)));
  const limits = { entriesMax, charsMax };
  const pages = await Promise.all(
    behind.map((origin) => readLog(channel, origin, headOf(vector, origin).ts, limits)),
  );
  return { entries: canonicalMerge(pages, "asc"), isLast: pages.every((page) => page.isLast) };
}

async function readLog(
  channel: ChannelReplica,
  origin: OriginId,
  afterTs: number,
  limits: { readonly entriesMax: number; readonly charsMax: number },
): Promise<LogPage> {
  const through = (channel.content.heads.get(origin) ?? START).ts;
  const beforeTs = Number.POSITIVE_INFINITY;
  const range = { origin, afterTs, beforeTs, order: "asc", ...limits } as const;
  const entries = await channel.range(range);
  const last = entries.at(-1);
  return { origin, entries, isLast: last === undefined || last.ts >= through };
}
