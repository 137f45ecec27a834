import { DredError } from "@dred/protocol";

/** A script's reply: its status word and what follows it. */
export interface ScriptReply {
  readonly status: string;
  readonly values: readonly string[];
}

/** @throws DredError `store-fenced` when the script refused to write to another store's life. */
export function parseScriptReply(reply: unknown): ScriptReply {
  const [status, ...values] = toTexts(reply);
  if (status === undefined) throw new DredError("store-unavailable", "a script gave no reply");
  if (status === "FENCE") {
    throw new DredError("store-fenced", `the store is not the one that was opened: ${values[0]}`);
  }
  return { status, values };
}

/** A flat reply of texts. @throws DredError `store-unavailable` for any other shape. */
export function toTexts(reply: unknown): string[] {
  if (Array.isArray(reply) && reply.every((value) => typeof value === "string")) return reply;
  throw new DredError("store-unavailable", "Redis gave a reply of an unknown shape");
}

/** Every two texts of a flat reply. */
export function toPairs(texts: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let index = 0; index + 1 < texts.length; index += 2) {
    pairs.push([texts[index] ?? "", texts[index + 1] ?? ""]);
  }
  return pairs;
}
