import {
  DredError,
  limits,
  parseChannelName,
  parseCursor,
  parseVectorObject,
} from "@dred/protocol";
import type { Neighborhood } from "@dred/protocol";
import type { ListenRequest, ListenStart } from "../replica/Replica.ts";

const FORM = `a list of what to listen to, like [{"channel": "news", "since": "start"}]`;

/**
 * The body of a listen request.
 *
 * @throws DredError `invalid-shape`, `invalid-channel-name`, `invalid-cursor`.
 */
export function parseListenRequests(body: unknown, neighborhood: Neighborhood): ListenRequest[] {
  if (!Array.isArray(body)) throw shapeError(`the body must be ${FORM}`);
  if (body.length === 0) throw shapeError(`the list is empty; the body must be ${FORM}`);
  if (body.length > limits.LISTEN_CHANNELS_MAX) {
    throw shapeError(`at most ${limits.LISTEN_CHANNELS_MAX} channels can be named in one request`);
  }
  return body.map((item: unknown, index) => parseRequest(item, index, neighborhood));
}

function parseRequest(item: unknown, index: number, neighborhood: Neighborhood): ListenRequest {
  if (typeof item !== "object" || item === null || Array.isArray(item)) {
    throw shapeError(`[${index}] must be an object with a channel; the body must be ${FORM}`);
  }
  const { channel, since, group } = item as Readonly<Record<string, unknown>>;
  if (typeof channel !== "string") throw shapeError(`[${index}].channel must be a channel's name`);
  if (group !== undefined) throw shapeError(`[${index}].group is not supported by this version`);
  const name = parseTarget(channel);
  return { channel: name, since: parseSince(since, { name, index, neighborhood }) };
}

/** A name, or what all names that are meant begin with, and `*`. */
function parseTarget(channel: string): string {
  if (!channel.endsWith("*")) return parseChannelName(channel);
  const prefix = channel.slice(0, -1);
  return prefix === "" ? channel : `${parseChannelName(prefix)}*`;
}

interface SinceContext {
  readonly name: string;
  readonly index: number;
  readonly neighborhood: Neighborhood;
}

function parseSince(since: unknown, context: SinceContext): ListenStart {
  if (since === undefined) return { kind: "now" };
  if (since === "start") return { kind: "start" };
  if (typeof since === "string") return ofCursor(since, context);
  if (typeof since === "object" && since !== null) return ofVector(since, context);
  throw shapeError(`[${context.index}].since must be "start", a cursor, or a vector as an object`);
}

function ofCursor(text: string, { name, neighborhood }: SinceContext): ListenStart {
  const { vector, generation, ...cursor } = parseCursor(text);
  if (cursor.neighborhood !== neighborhood) {
    const detail = `the cursor is of neighborhood ${cursor.neighborhood}, this is ${neighborhood}`;
    throw new DredError("invalid-cursor", detail);
  }
  if (cursor.channel !== name) {
    throw new DredError(
      "invalid-cursor",
      `the cursor is of channel ${cursor.channel}, not ${name}`,
    );
  }
  return { kind: "vector", vector, generation };
}

function ofVector(value: object, { index }: SinceContext): ListenStart {
  try {
    return { kind: "vector", vector: parseVectorObject(value) };
  } catch (error) {
    if (!(error instanceof DredError)) throw error;
    throw new DredError("invalid-cursor", `[${index}].since: ${error.detail}`, { cause: error });
  }
}

function shapeError(detail: string): DredError {
  return new DredError("invalid-shape", detail);
}
