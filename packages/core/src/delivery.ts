import type { Head } from "@dred/protocol";

/**
 * What becomes of an entry that arrives for a reader who stands at `reader` in its log:
 * the next one is delivered, one that is covered (by ts) is skipped, and above a hole the
 * reader must read from the store what lies between (R7).
 */
export function decideDelivery(reader: Head, entry: Head): "deliver" | "skip" | "behind" {
  if (entry.ts <= reader.ts) return "skip";
  return entry.seq === reader.seq + 1 ? "deliver" : "behind";
}
