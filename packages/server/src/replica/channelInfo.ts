import type { ChannelContent, ChannelRecord, MemberRecord } from "@dred/core";
import type { ChannelName } from "@dred/protocol";
import type { ChannelInfo } from "./Replica.ts";

interface ChannelFacts {
  readonly record: ChannelRecord;
  readonly members: readonly (readonly [string, MemberRecord])[];
  readonly content: ChannelContent;
  readonly listeners: number;
}

/** What is told of a channel: what the registry says of it, and what is held here. */
export function toChannelInfo(name: ChannelName, facts: ChannelFacts): ChannelInfo {
  const { record, members, content, listeners } = facts;
  const inState = (state: string): string[] =>
    members.filter(([, member]) => member.state === state).map(([id]) => id);
  const removed = new Set(inState("removed"));
  const initial = (record.options.members ?? []).filter((id) => !removed.has(id));
  let count = 0;
  for (const [origin, { seq }] of content.heads) {
    count += seq - (content.bases.get(origin)?.seq ?? 0);
  }
  return {
    name,
    generation: record.generation,
    options: record.options,
    createdAt: Math.floor(record.created.ts / 1000),
    members: [...new Set([...initial, ...inState("joined")])],
    requests: inState("requested"),
    vector: content.heads,
    count,
    listeners,
  };
}
