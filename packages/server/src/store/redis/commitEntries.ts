import type { CommitPlan } from "@dred/core";
import { formatHead } from "@dred/protocol";
import type { ChannelKey } from "@dred/protocol";
import type { CallOptions, CommitReply } from "../../replica/ports/Store.ts";
import { toCommitReply } from "./commitReply.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";
import type { SessionAccess } from "./SessionAccess.ts";

/** `StoreSession.commit`; see lua/commitEntries.lua. */
export async function commitEntries(
  { writes, keys, parts, life }: SessionAccess,
  channel: ChannelKey,
  commit: CommitPlan,
  options: CallOptions,
): Promise<CommitReply> {
  const { origin, roll } = commit;
  parts.noteLog(channel, origin);
  parts.noteIndex(channel, roll);
  const call = {
    script: scripts.commitEntries,
    keys: [
      keys.meta(channel),
      keys.log(channel, origin),
      ...[roll - 1, roll, roll + 1].map((near) => keys.index(channel, near)),
      keys.twins(channel),
    ],
    args: [life.epoch, life.owner, ...toArguments(commit)],
  };
  return toCommitReply(parseScriptReply(await writes.run(call, options)));
}

function toArguments(commit: CommitPlan): string[] {
  const args = [
    commit.origin,
    formatHead(commit.expected),
    String(Math.ceil(commit.indexTtlMs)),
    String(commit.entries.length),
  ];
  commit.entries.forEach((entry, index) => {
    const identity = commit.identities[index];
    args.push(formatHead(entry), entry.line, entry.chain);
    args.push(identity?.digest ?? "", identity?.value ?? "", identity?.expected ?? "");
  });
  for (const [digest, value] of commit.twins) args.push(digest, value);
  return args;
}
