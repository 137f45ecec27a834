import { DredError, parseMid } from "@dred/protocol";
import type { ControlLine, Position } from "@dred/protocol";
import type { Message } from "./Message.ts";

/** One line of a listening stream. */
export type ReceivedLine =
  | {
      readonly kind: "message";
      readonly message: Message;
      readonly position: Position;
      /** The message's text as its origin encoded it: equal for twins, whoever took them. */
      readonly content: string;
    }
  | { readonly kind: "control"; readonly line: ControlLine }
  /** A line of a later protocol: a sign of life, and nothing else. */
  | { readonly kind: "unknown" };

const CONTROL_TYPES: ReadonlySet<unknown> = new Set<ControlLine["type"]>([
  "heartbeat-info",
  "heartbeat",
  "reading",
  "listening",
  "gap",
  "deleted",
  "warning",
  "chanCreated",
  "chanDeleted",
  "hostAdded",
  "hostRemoved",
  "bye",
]);

/** What the server writes before the text of the origin. */
const SERVER_PREFIX = /^\{"mid":"[^"]*","ts":\d+,(?:"conflict":true,)?/;

/** @throws DredError `invalid-json` or `invalid-shape`, `invalid-cursor` for what is no line. */
export function parseReceivedLine(text: string): ReceivedLine {
  const value = parseObject(text);
  if (value["mid"] !== undefined) return toMessage(value, text);
  if (!CONTROL_TYPES.has(value["type"])) return { kind: "unknown" };
  return { kind: "control", line: value as unknown as ControlLine };
}

function toMessage(value: Readonly<Record<string, unknown>>, text: string): ReceivedLine {
  if (typeof value["channel"] !== "string" || typeof value["ocid"] !== "string") {
    throw new DredError("invalid-shape", "a message came without channel or ocid");
  }
  return {
    kind: "message",
    message: value as Message,
    position: parseMid(value["mid"]),
    content: text.replace(SERVER_PREFIX, ""),
  };
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new DredError("invalid-json", "a line of the stream is no JSON", { cause });
  }
  if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  throw new DredError("invalid-shape", "a line of the stream is no object");
}
