import type { PlacedEntry } from "@dred/core";
import { toMessageLine } from "@dred/protocol";
import type { Entry } from "@dred/protocol";

/** Lines of entries that are being told to many listeners; they go with their entries. */
const lines = new WeakMap<Entry, string>();

/** The line of an entry, put together once however many listeners are told. */
export function messageLine({ origin, entry }: PlacedEntry): string {
  let line = lines.get(entry);
  if (line === undefined) lines.set(entry, (line = toMessageLine(origin, entry)));
  return line;
}
