import { formatCursor, parseChannelName, parseHead, parseNeighborhood } from "@dred/protocol";
import { parseOriginId } from "@dred/protocol";

export const ORIGIN = "first.m2k9xqa7";
export const OTHER = "second.m2k9xqb8";

/** A message line; `n` makes both its ts and its seq. */
export function message(n: number, fields: Record<string, unknown> = {}, origin = ORIGIN): object {
  const ts = 1_000_000 + n;
  const own = { channel: "lobby", nbh: "nb1", type: "t", msg: `m${n}`, ocid: `o${n}` };
  return { mid: `${origin}/${ts}-${n}`, ts, ...own, ...fields };
}

/** The position of `message(n)` in its log. */
export function head(n: number): string {
  return `${1_000_000 + n}-${n}`;
}

/** The cursor of a reader that has the messages through these numbers. */
export function cursor(through: Readonly<Record<string, number>>, generation = 0): string {
  const heads = Object.entries(through).map(
    ([origin, n]) => [parseOriginId(origin), parseHead(head(n))] as const,
  );
  return formatCursor({
    neighborhood: parseNeighborhood("nb1"),
    channel: parseChannelName("lobby"),
    generation,
    vector: new Map(heads),
  });
}

export function listening(through: Readonly<Record<string, number>> = {}, generation = 0): object {
  return { type: "listening", channel: "lobby", cursor: cursor(through, generation) };
}
