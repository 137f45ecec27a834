import { DredError } from "./DredError.ts";
import {
  parseChannelName,
  parseEpoch,
  parseNeighborhood,
  parseServerId,
  toOriginId,
} from "./ids.ts";
import type { ChannelName, Neighborhood, OriginId } from "./ids.ts";
import type { Head } from "./head.ts";
import { CURSOR_CHARS_MAX, VECTOR_ORIGINS_MAX } from "./limits.ts";
import type { VersionVector } from "./versionVector.ts";

/** Where a reader of one channel stands; valid on every server of the neighborhood. */
export interface Cursor {
  readonly neighborhood: Neighborhood;
  readonly channel: ChannelName;
  readonly generation: number;
  readonly vector: VersionVector;
}

const VERSION = "c1";

/**
 * A cursor as opaque text, safe in URLs and in `Last-Event-ID`:
 * `c1~neighborhood~channel~generation~server.epoch.ts.seq~…`, numbers in base 36.
 */
export function formatCursor(cursor: Cursor): string {
  const parts = [
    VERSION,
    cursor.neighborhood,
    encodeURIComponent(cursor.channel),
    cursor.generation.toString(36),
  ];
  for (const [origin, head] of cursor.vector) {
    parts.push(`${origin}.${head.ts.toString(36)}.${head.seq.toString(36)}`);
  }
  return parts.join("~");
}

/** @throws DredError `invalid-cursor` for text that is no cursor. */
export function parseCursor(text: unknown): Cursor {
  if (typeof text !== "string" || text.length > CURSOR_CHARS_MAX) throw unreadable(text);
  const [version, neighborhood, channel, generation, ...heads] = text.split("~");
  if (version !== VERSION || heads.length > VECTOR_ORIGINS_MAX) throw unreadable(text);
  try {
    const vector = new Map(heads.map(parseCursorHead));
    if (vector.size < heads.length) throw unreadable(text);
    return {
      neighborhood: parseNeighborhood(neighborhood),
      channel: parseChannelName(decodeURIComponent(channel ?? "")),
      generation: base36(generation),
      vector,
    };
  } catch {
    throw unreadable(text);
  }
}

function parseCursorHead(text: string): [OriginId, Head] {
  const [server, epoch, ts, seq, ...rest] = text.split(".");
  if (rest.length > 0) throw unreadable(text);
  const origin = toOriginId(parseServerId(server), parseEpoch(epoch));
  return [origin, { ts: base36(ts), seq: base36(seq) }];
}

function base36(text: string | undefined): number {
  const number = /^[0-9a-z]{1,11}$/.test(text ?? "") ? Number.parseInt(text ?? "", 36) : -1;
  if (number < 0 || !Number.isSafeInteger(number)) throw unreadable(text);
  return number;
}

function unreadable(text: unknown): DredError {
  const shown = typeof text === "string" ? JSON.stringify(text.slice(0, 60)) : typeof text;
  return new DredError("invalid-cursor", `${shown} is no cursor of this protocol`);
}
