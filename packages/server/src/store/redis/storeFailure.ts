import { DredError } from "@dred/protocol";
import type { ProblemCode } from "@dred/protocol";
import { ErrorReply } from "redis";

/** The first word of an error reply to what it means for the caller. */
const replies: Readonly<Record<string, ProblemCode>> = {
  OOM: "store-full",
  WRONGTYPE: "store-damaged",
  NOAUTH: "store-refused",
  WRONGPASS: "store-refused",
  NOPERM: "store-refused",
};

const advice: Partial<Record<ProblemCode, string>> = {
  "store-full": "Redis has no memory left: raise maxmemory or delete channels",
  "store-damaged": "a key has the wrong type: remove it, or restore the store",
  "store-refused": "Redis does not allow it: check user, password and permissions in the URL",
};

/**
 * What a client's error or Redis's error reply means, by the codes of the Store port.
 * Everything that is not known to have another cause is `store-unavailable`: read-only, loading,
 * busy, without its primary, closed, too slow.
 *
 * @param what The call that failed, for people: `commit of news~1`.
 */
export function toStoreError(cause: unknown, what: string): DredError {
  if (cause instanceof DredError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const code = codeOf(cause, message);
  const hint = advice[code] ?? "Redis cannot be used now";
  return new DredError(code, `${what} failed: ${hint} (${message})`, { cause });
}

function codeOf(cause: unknown, message: string): ProblemCode {
  if (!(cause instanceof ErrorReply)) return "store-unavailable";
  if (message.includes("DB index is out of range")) return "store-refused";
  return replies[message.slice(0, message.indexOf(" "))] ?? "store-unavailable";
}

/** Whether Redis does not know the script: then nothing of it was run. */
export function isUnknownScript(cause: unknown): boolean {
  return cause instanceof ErrorReply && cause.message.startsWith("NOSCRIPT");
}
