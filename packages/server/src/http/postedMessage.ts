import { DredError, limits } from "@dred/protocol";
import type { MessageFields } from "@dred/protocol";

/** Levels of objects and lists in a field: far fewer than encoding it can recurse through. */
const DEPTH_MAX = 64;

const REQUIRED = ["msg", "ocid", "type"] as const;

/**
 * What a client posts as one message; the order of the checks and their sentences are part of the
 * interface.
 *
 * @throws DredError `invalid-shape`.
 */
export function parsePostedMessage(body: unknown): MessageFields {
  if (typeof body !== "object" || body === null || Array.isArray(body)) {
    throw shapeError("a message must be a JSON object with msg, type and ocid");
  }
  const message = body as Readonly<Record<string, unknown>>;
  if (typeof message["msg"] === "object" && message["msg"] !== null) {
    throw shapeError("message must be a string, not a JSON object");
  }
  for (const field of REQUIRED) checkField(field, message[field]);
  for (const field of Object.keys(message)) checkDepth(field, message[field]);
  return message as MessageFields;
}

function checkField(field: (typeof REQUIRED)[number], value: unknown): void {
  const isAbsent = value === undefined || value === null || (value === "" && field !== "msg");
  if (isAbsent) {
    throw shapeError(`missing required '${field}' attribute for posting message in channel`);
  }
  if (typeof value !== "string") throw shapeError(`${field} must be a string`);
  const charsMax = field === "ocid" ? limits.OCID_CHARS_MAX : limits.TYPE_CHARS_MAX;
  if (field !== "msg" && value.length > charsMax) {
    throw shapeError(`${field} must be at most ${charsMax} characters`);
  }
}

function checkDepth(field: string, value: unknown): void {
  let level = childrenOf(value);
  for (let depth = 1; level.length > 0; depth++) {
    if (depth > DEPTH_MAX) {
      throw shapeError(`${field.slice(0, 40)} must have at most ${DEPTH_MAX} levels`);
    }
    level = level.flatMap(childrenOf);
  }
}

function childrenOf(value: unknown): unknown[] {
  return typeof value === "object" && value !== null ? Object.values(value) : [];
}

function shapeError(detail: string): DredError {
  return new DredError("invalid-shape", detail);
}
