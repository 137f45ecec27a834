import type { CommitPlan } from "@dred/core";
import { assert, DredError, limits } from "@dred/protocol";
import type { Head } from "@dred/protocol";
import type { Skip } from "../replica/ports/Store.ts";

/**
 * A commit's form, which every store takes for granted: a refusal in the middle of it could not
 * be rolled back everywhere.
 *
 * @throws InvariantError when the entries do not continue `expected` one by one.
 */
export function checkCommit(commit: CommitPlan): void {
  checkEntries(commit, commit.expected);
}

/** @throws InvariantError when the entries do not follow one another. */
export function checkReindex(plan: CommitPlan): void {
  const { ts = 1, seq = 1 } = plan.entries[0] ?? {};
  checkEntries(plan, { ts: ts - 1, seq: seq - 1 });
}

function checkEntries({ entries, identities }: CommitPlan, after: Head): void {
  const count = entries.length;
  assert(count > 0 && count <= limits.BATCH_ENTRIES_MAX, "a commit has 1 to 500 entries");
  assert(identities.length === count, "a commit has one identity for each entry");
  let { ts, seq } = after;
  for (const entry of entries) {
    assert(entry.seq === seq + 1 && entry.ts > ts, "a commit's entries continue the log's head");
    ({ ts, seq } = entry);
  }
}

/**
 * A base may come from a peer, so a wrong one is no bug of ours.
 *
 * @throws DredError `invalid-shape` when the base does not lie after the expected head.
 */
export function checkSkip({ base, expected }: Skip): void {
  if (base.seq > expected.seq && base.ts > expected.ts) return;
  throw new DredError("invalid-shape", "a gap must move its log's head forward");
}
