import type { CommitPlan } from "@dred/core";
import { formatHead } from "@dred/protocol";
import type { ChannelKey } from "@dred/protocol";
import type { CallOptions, CommitReply } from "../../replica/ports/Store.ts";
import { toCommitReply } from "./commitReply.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { Script } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";

/** `StoreSession.commit`; see lua/commitEntries.lua. */
export async function commitEntries(
  access: SessionAccess,
  channel: ChannelKey,
  commit: CommitPlan,
  options: CallOptions,
): Promise<CommitReply> {
  if (commit.origin === access.life.origin) await access.notes.note(channel, options);
  const lines = commit.entries.map(({ line }) => line);
  return run(access, { channel, commit, script: scripts.commitEntries, lines }, options);
}

/** `StoreSession.reindex`; see lua/reindexEntries.lua. */
export async function reindexEntries(
  access: SessionAccess,
  channel: ChannelKey,
  commit: CommitPlan,
  options: CallOptions,
): Promise<CommitReply> {
  return run(access, { channel, commit, script: scripts.reindexEntries, lines: [] }, options);
}

interface IndexingCall {
  readonly channel: ChannelKey;
  readonly commit: CommitPlan;
  readonly script: Script;
  /** One for each entry, or none. */
  readonly lines: readonly string[];
}

async function run(
  { writes, keys, parts, life }: SessionAccess,
  { channel, commit, script, lines }: IndexingCall,
  options: CallOptions,
): Promise<CommitReply> {
  const { origin, roll } = commit;
  const rolls = [roll - 1, roll, roll + 1];
  parts.noteLog(channel, origin);
  for (const near of rolls) parts.noteIndex(channel, near); // one may be there, of another type
  const call = {
    script,
    keys: [
      keys.meta(channel),
      keys.log(channel, origin),
      ...rolls.map((near) => keys.index(channel, near)),
      keys.twins(channel),
    ],
    args: [life.epoch, life.owner, ...toArguments(commit, lines)],
  };
  return toCommitReply(parseScriptReply(await writes.run(call, options)));
}

function toArguments(commit: CommitPlan, lines: readonly string[]): string[] {
  const args = [
    commit.origin,
    formatHead(commit.expected),
    String(commit.windowMs),
    String(commit.entries.length),
  ];
  commit.entries.forEach((entry, index) => {
    const identity = commit.identities[index];
    args.push(formatHead(entry), entry.chain);
    args.push(identity?.digest ?? "", identity?.value ?? "", identity?.expected ?? "");
    const line = lines[index];
    if (line !== undefined) args.push(line);
  });
  for (const [digest, value] of commit.twins) args.push(digest, value);
  return args;
}
