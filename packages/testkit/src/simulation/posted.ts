import type { Entry } from "@dred/protocol";

/** What a simulated client posted, as an entry has it. */
interface Posted {
  readonly ocid: string;
  readonly msg: string;
}

/** Entries never change, and each is looked at once for every reader. */
const known = new WeakMap<Entry, Posted>();

export function postedIn(entry: Entry): Posted {
  const before = known.get(entry);
  if (before !== undefined) return before;
  const { ocid = "", msg = "" } = JSON.parse(entry.line) as Partial<Posted>;
  const posted = { ocid, msg };
  known.set(entry, posted);
  return posted;
}
