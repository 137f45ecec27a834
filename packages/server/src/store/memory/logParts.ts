import type { Entry } from "@dred/protocol";
import type { Range } from "../../replica/ports/Store.ts";

/* Parts of a log whose entries are ascending. */

/** The entries with `afterTs` < ts <= `throughTs`. */
export function between(log: readonly Entry[], afterTs: number, throughTs: number): Entry[] {
  return log.slice(firstAbove(log, afterTs), firstAbove(log, throughTs));
}

/** One page: ends with `entriesMax` entries, or with the one that reaches `charsMax`. */
export function pageOf(log: readonly Entry[], range: Omit<Range, "origin">): Entry[] {
  const { afterTs, beforeTs, order, entriesMax, charsMax } = range;
  const from = firstAbove(log, afterTs);
  const to = firstAbove(log, beforeTs - 1);
  const page: Entry[] = [];
  let chars = 0;
  for (let offset = 0; offset < to - from && page.length < entriesMax; offset++) {
    const entry = log[order === "asc" ? from + offset : to - 1 - offset];
    if (entry === undefined) break;
    page.push(entry);
    chars += entry.line.length;
    if (chars >= charsMax) break;
  }
  return page;
}

/** The index of the first entry with a larger ts, by bisection. */
export function firstAbove(log: readonly Entry[], ts: number): number {
  let low = 0;
  let high = log.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((log[middle]?.ts ?? Infinity) > ts) high = middle;
    else low = middle + 1;
  }
  return low;
}
