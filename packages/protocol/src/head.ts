import { DredError } from "./DredError.ts";
import { parseOriginId, quoted } from "./ids.ts";
import type { OriginId } from "./ids.ts";

/**
 * A place in one origin's log: `ts` in microseconds (hybrid logical clock) and `seq`,
 * 1, 2, 3 … without holes in a channel's generation. As text `ts-seq`, which is also the
 * id of the entry in its Redis stream.
 */
export interface Head {
  readonly ts: number;
  readonly seq: number;
}

/** A head and its origin: the one place of a message, the same on every server. */
export interface Position extends Head {
  readonly origin: OriginId;
}

/** Before the first entry of a log. */
export const START: Head = { ts: 0, seq: 0 };

const HEAD = /^(0|[1-9][0-9]{0,15})-(0|[1-9][0-9]{0,15})$/;

export function formatHead(head: Head): string {
  return `${head.ts}-${head.seq}`;
}

/** @throws DredError `invalid-cursor` unless `value` is `ts-seq` with both below 2^53. */
export function parseHead(value: unknown): Head {
  const head = readHead(value);
  if (head !== undefined) return head;
  throw new DredError("invalid-cursor", `${quoted(value)} is no position (ts-seq)`);
}

/** The position that a text names; undefined where it names none. */
export function readHead(value: unknown): Head | undefined {
  const match = typeof value === "string" ? HEAD.exec(value) : null;
  const head = { ts: Number(match?.[1]), seq: Number(match?.[2]) };
  return Number.isSafeInteger(head.ts) && Number.isSafeInteger(head.seq) ? head : undefined;
}

/** A message's id, the same on every server: `origin/ts-seq`. */
export function toMid(origin: OriginId, head: Head): string {
  return `${origin}/${head.ts}-${head.seq}`;
}

/**
 * @throws DredError `invalid-cursor`, or `invalid-name` for its origin, unless `value` is
 *   `origin/ts-seq`.
 */
export function parseMid(value: unknown): Position {
  const slash = typeof value === "string" ? value.indexOf("/") : -1;
  if (typeof value !== "string" || slash < 0) {
    throw new DredError("invalid-cursor", `${quoted(value)} is no mid (origin/ts-seq)`);
  }
  return { origin: parseOriginId(value.slice(0, slash)), ...parseHead(value.slice(slash + 1)) };
}

/** Canonical order: by ts, then by origin. */
export function comparePositions(a: Position, b: Position): number {
  if (a.ts !== b.ts) return a.ts - b.ts;
  if (a.origin === b.origin) return a.seq - b.seq;
  return a.origin < b.origin ? -1 : 1;
}
