import { encodeLine, parseChannelKey, parseChannelName, parseNeighborhood } from "@dred/protocol";
import type { Entry, OriginId } from "@dred/protocol";
import { expect } from "vitest";
import { createChannelLog } from "../channelLog.ts";
import { applyCommit, expectKnown } from "../commitPlan.ts";
import type { CommitPlan } from "../commitPlan.ts";
import { contentHash, identityDigest } from "../identityIndex.ts";
import { planEntries } from "../planEntries.ts";
import type { ReplicationPlan } from "../planEntries.ts";
import { planPosts } from "../planPosts.ts";
import type { PendingPost } from "../planPosts.ts";
import { sha256 } from "./sha256.ts";

/** A message of the test; `msg` is its content, `ocid` its identity. */
export function pendingPost(ocid: string, msg = "any"): PendingPost {
  const line = encodeLine(
    { msg, type: "t", ocid },
    { channel: parseChannelName("news"), neighborhood: parseNeighborhood("nb1"), sender: "" },
  );
  const digest = identityDigest(sha256, { sender: "", ocid });
  return { digest, contentHash: contentHash(sha256, line), line };
}

/** One channel on one server: what is known of it, and a store that applies its commits. */
export class MemoryChannel {
  readonly log = createChannelLog(parseChannelKey("news~0"));
  readonly entries = new Map<OriginId, Entry[]>();
  readonly index = new Map<string, string>();

  /** Posts one message; as a duplicate it is not stored again. */
  post(origin: OriginId, post: PendingPost, nowMs: number): CommitPlan | undefined {
    if (this.index.has(post.digest)) return undefined;
    const plan = planPosts(this.log, [post], { origin, nowMs, sha256 });
    this.#commit(plan);
    return plan;
  }

  /** Offers entries once, as they come from a peer. */
  receive(origin: OriginId, entries: readonly Entry[], nowMs: number): ReplicationPlan {
    const plan = planEntries(this.log, entries, { origin, nowMs, sha256 });
    if (plan.commit !== undefined) this.#commit(this.#withKnown(plan.commit));
    return plan;
  }

  entriesOf(origin: OriginId): Entry[] {
    return this.entries.get(origin) ?? [];
  }

  #withKnown(plan: CommitPlan): CommitPlan {
    const values = plan.identities.map(
      ({ digest }) => [digest, this.index.get(digest) ?? ""] as const,
    );
    return expectKnown(plan, this.log, new Map(values));
  }

  /** All or nothing, as every store does it; a plan that expects something else is a bug. */
  #commit(plan: CommitPlan): void {
    const stored = this.entriesOf(plan.origin);
    expect(plan.expected.seq).toBe(stored.at(-1)?.seq ?? 0);
    for (const { digest, value, expected } of plan.identities) {
      expect(this.index.get(digest) ?? "").toBe(expected);
      this.index.set(digest, value);
    }
    this.entries.set(plan.origin, [...stored, ...plan.entries]);
    applyCommit(this.log, plan);
  }
}
