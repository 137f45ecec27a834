import { chainThrough } from "@dred/core";
import { channelNameOf, encodeLine, parseNeighborhood } from "@dred/protocol";
import type { ChannelKey, Entry, OriginId } from "@dred/protocol";
import { nodeHash } from "@dred/server";

/** What stands in what a lying peer made up on a wrong chain: no honest store may hold it. */
export const MADE_UP = "made up by a liar";

export interface ForgedLog {
  readonly channel: ChannelKey;
  readonly origin: OriginId;
  /** Of the first entry, ms since 1970; each following one is a microsecond later. */
  readonly beginMs: number;
  readonly count: number;
  /** What they continue; by default nothing. */
  readonly after?: { readonly seq: number; readonly chain: string };
  /** What stands in an entry instead of a message; by default a note with the ocid `o<seq>`. */
  readonly lineOf?: (seq: number) => string;
}

/** The entries of a log that no server wrote, on a right chain. */
export function forgedEntries(log: ForgedLog): Entry[] {
  const { channel, origin, beginMs, count, lineOf, after = { seq: 0, chain: "" } } = log;
  const at = {
    channel: channelNameOf(channel),
    neighborhood: parseNeighborhood("sim"),
    sender: "",
  };
  const note = (seq: number): string => encodeLine({ type: "note", msg: "", ocid: `o${seq}` }, at);
  const entries: Entry[] = [];
  for (let seq = after.seq + 1; seq <= after.seq + count; seq++) {
    const entry = { ts: Math.floor(beginMs) * 1000 + seq, seq, line: (lineOf ?? note)(seq) };
    const before = entries.at(-1)?.chain ?? after.chain;
    const chain = chainThrough(nodeHash.sha256, { channel, origin }, before, entry);
    entries.push({ ...entry, chain });
  }
  return entries;
}
