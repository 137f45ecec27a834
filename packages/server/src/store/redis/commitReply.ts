import { DredError, parseHead } from "@dred/protocol";
import type { CommitReply } from "../../replica/ports/Store.ts";
import { toPairs } from "./scriptReply.ts";
import type { ScriptReply } from "./scriptReply.ts";

/** The answer of a script that compares a log's head. */
export function toCommitReply({ status, values }: ScriptReply): CommitReply {
  switch (status) {
    case "DONE":
      return { status: "done" };
    case "KNOWN":
      return { status: "known", values: new Map(toPairs(values)) };
    case "MISMATCH":
      return { status: "mismatch", head: parseHead(values[0]) };
    default:
      throw new DredError("store-unavailable", `a script gave the unknown reply ${status}`);
  }
}
