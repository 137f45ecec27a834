import { DredError } from "./DredError.ts";
import { toMid } from "./head.ts";
import type { Head } from "./head.ts";
import type { ChannelName, Neighborhood, OriginId } from "./ids.ts";

/** A message in a log. `line` is its JSON without mid and ts, encoded once, at the origin. */
export interface Entry extends Head {
  readonly line: string;
  /** Chain hash through this entry: 32 hexadecimal digits (see docs/replication.md). */
  readonly chain: string;
}

/** What a client posts; every other field is kept as it is. */
export interface MessageFields {
  readonly msg: string;
  readonly type: string;
  readonly ocid: string;
  readonly [field: string]: unknown;
}

/** Who posted a message under which name of its own: what makes a post idempotent. */
export interface MessageIdentity {
  readonly ocid: string;
  /** The authenticated poster, empty where nobody is. */
  readonly sender: string;
}

const OWN_FIELDS = new Set(["mid", "id", "ts", "channel", "nbh", "conflict", "sender"]);

/** Fields that only the server writes; in a body they are ignored. */
export function isServerField(field: string): boolean {
  return OWN_FIELDS.has(field) || field.startsWith("_");
}

export interface LineContext {
  readonly channel: ChannelName;
  readonly neighborhood: Neighborhood;
  readonly sender: string;
}

/**
 * Encodes a message once, for the store, the peers and the listeners. The same fields in
 * the same order give the same text on every server, so that their content hashes agree.
 */
export function encodeLine(fields: MessageFields, context: LineContext): string {
  const message: Record<string, unknown> = { channel: context.channel, nbh: context.neighborhood };
  for (const [field, value] of Object.entries(fields)) {
    if (!isServerField(field) && field !== "__proto__") message[field] = value;
  }
  if (context.sender !== "") message["sender"] = context.sender;
  return JSON.stringify(message);
}

/** What is put before a line: a line that had them itself could forge another's place. */
const PREFIXED_FIELDS = ["mid", "ts", "conflict"] as const;

/** Reads who posted an entry. @throws DredError `invalid-shape` when its line is no message. */
export function parseIdentity(line: string): MessageIdentity {
  const message = parseObject(line);
  const { ocid, sender } = message;
  if (typeof ocid !== "string") throw new DredError("invalid-shape", "an entry has no ocid");
  const forged = PREFIXED_FIELDS.find((field) => Object.hasOwn(message, field));
  if (forged !== undefined) throw new DredError("invalid-shape", `an entry has its own ${forged}`);
  return { ocid, sender: typeof sender === "string" ? sender : "" };
}

function parseObject(line: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // falls through: no JSON is the same fault as JSON of another shape
  }
  throw new DredError("invalid-shape", "an entry's line is not a JSON object");
}

/** The line a reader gets: mid and ts before the text that the origin encoded. */
export function toMessageLine(origin: OriginId, entry: Entry, isConflict = false): string {
  const flag = isConflict ? `"conflict":true,` : "";
  return `{"mid":"${toMid(origin, entry)}","ts":${entry.ts},${flag}${entry.line.slice(1)}`;
}
