import { comparePositions } from "@dred/protocol";
import type { Entry, OriginId } from "@dred/protocol";

/** Some consecutive entries of one log. */
export interface LogPage {
  readonly origin: OriginId;
  readonly entries: readonly Entry[];
  /** Whether the log has nothing further in the direction of reading. */
  readonly isLast: boolean;
}

export interface PlacedEntry {
  readonly origin: OriginId;
  readonly entry: Entry;
}

/**
 * Merges pages of several logs into canonical order (ts, then origin), as far as they
 * tell: beyond the end of an unfinished page another entry of that log might come first,
 * so the merge stops there. A page that is not its log's last must not be empty.
 */
export function canonicalMerge(pages: readonly LogPage[], order: "asc" | "desc"): PlacedEntry[] {
  const sign = order === "asc" ? 1 : -1;
  const compare = (a: PlacedEntry, b: PlacedEntry): number =>
    sign * comparePositions(place(a), place(b));
  const placed = pages
    .flatMap((page) => page.entries.map((entry) => ({ origin: page.origin, entry })))
    .sort(compare);
  const horizons = pages.filter((page) => !page.isLast).map(lastOf);
  return placed.filter((item) => horizons.every((horizon) => compare(item, horizon) <= 0));
}

function lastOf(page: LogPage): PlacedEntry {
  const entry = page.entries.at(-1);
  if (entry === undefined) throw new RangeError("an unfinished page has no entry");
  return { origin: page.origin, entry };
}

function place(item: PlacedEntry): { origin: OriginId; ts: number; seq: number } {
  return { origin: item.origin, ts: item.entry.ts, seq: item.entry.seq };
}
