import type { Entry, Head, OriginId } from "@dred/protocol";
import type { ChannelLog } from "./channelLog.ts";
import { noteTwin } from "./twins.ts";

/** One (sender, ocid) of a commit: what the index must hold, and what it shall. */
export interface PlannedIdentity {
  readonly digest: string;
  readonly value: string;
  readonly expected: string;
}

/** A compare-and-append, decided here and carried out by the store, all or nothing. */
export interface CommitPlan {
  readonly origin: OriginId;
  readonly expected: Head;
  readonly entries: readonly Entry[];
  readonly identities: readonly PlannedIdentity[];
  readonly roll: number;
  readonly indexTtlMs: number;
  readonly twins: ReadonlyMap<string, string>;
}

/**
 * The same plan for an index that holds other values than it expected: a replica stores
 * the entry all the same and notes the twin beside.
 */
export function expectKnown(
  plan: CommitPlan,
  log: ChannelLog,
  values: ReadonlyMap<string, string>,
): CommitPlan {
  const twins = new Map(plan.twins);
  const identities = plan.identities.map((identity) => {
    const known = values.get(identity.digest);
    if (known === undefined) return identity;
    if (known === "") twins.delete(identity.digest);
    else {
      const noted = noteTwin(log.twins.get(identity.digest) ?? known, known);
      twins.set(identity.digest, noteTwin(noted, identity.value));
    }
    return { ...identity, expected: known };
  });
  return { ...plan, identities, twins };
}

/** Moves what is known by a commit that the store confirmed. */
export function applyCommit(log: ChannelLog, plan: CommitPlan): void {
  const last = plan.entries.at(-1);
  if (last === undefined) return;
  log.heads.set(plan.origin, { ts: last.ts, seq: last.seq, chain: last.chain });
  log.largestTs = Math.max(log.largestTs, last.ts);
  for (const [digest, noted] of plan.twins) log.twins.set(digest, noted);
}
