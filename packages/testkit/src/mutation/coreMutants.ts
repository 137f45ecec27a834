import type { Mutant } from "./Mutant.ts";

const core = "packages/core/src";
const death = `${core}/death.ts`;
const delivery = `${core}/delivery.ts`;
const planEntries = `${core}/planEntries.ts`;
const twins = `${core}/twins.ts`;

const entriesTest = (name: string) => ({ file: `${core}/planEntries.test.ts`, name });
const deathTest = (name: string) => ({ file: `${core}/death.test.ts`, name });
const deliveryTest = (name: string) => ({ file: `${core}/delivery.test.ts`, name });
const twinsTest = (name: string) => ({ file: `${core}/twins.test.ts`, name });

/** What is decided: numbers, order, death, twins, the registry. */
export const coreMutants: readonly Mutant[] = [
  {
    name: "nothing follows a base whose chain hash was forgotten",
    rule: "R11, 4.9",
    file: planEntries,
    find: "return isOnChain(this.#context.sha256, log, this.#head, entry);",
    replace: `return isChainKnown(this.#head) && isOnChain(this.#context.sha256, log, this.#head, entry);`,
    killedBy: {
      file: "packages/testkit/src/simulation/ownDamage.test.ts",
      name: "R11: a log that was trimmed, and lost its record, goes whole to a server that joins",
    },
  },
  {
    name: "an entry behind a hole is appended",
    rule: "R1, 6.5",
    file: planEntries,
    find: `if (entry.seq > this.#head.seq + 1) return "hole";`,
    replace: "",
    killedBy: entriesTest(
      "R1, R2, R3: holds its log from the start and unchanged, whatever arrives",
    ),
  },
  {
    name: "the chain hash of an entry is not checked",
    rule: "R3, 7.2",
    file: planEntries,
    find: "|| !this.#isOnChain(entry)",
    replace: "",
    killedBy: entriesTest("R3: an entry of which %s was changed on its way is a fork"),
  },
  {
    name: "other content at the head is taken for the same",
    rule: "R3, 6.3",
    file: planEntries,
    find: "return entry.ts === this.#head.ts && entry.chain === this.#head.chain;",
    replace: "return true;",
    killedBy: entriesTest("R3: other content at the head, or on another chain, is a fork"),
  },
  {
    name: "an entry from the future is stored at once",
    rule: "16.3",
    file: planEntries,
    find: `if (isFromFuture(entry.ts, this.#context.nowMs)) return "future";`,
    replace: "",
    killedBy: entriesTest("an entry from the future waits until its time has come"),
  },
  {
    name: "the roll of a replicated ocid is that of its arrival",
    rule: "R6, 9.2",
    file: planEntries,
    find: "return rollOf(entry.ts, this.#log.windowMs);",
    replace: "return rollOf(this.#context.nowMs * 1000, this.#log.windowMs);",
    killedBy: entriesTest("one call stays within one dedup window"),
  },
  {
    name: "two posts of one ocid go into one store call",
    rule: "R6, 5.3",
    file: `${core}/planPosts.ts`,
    find: "if (digests.has(post.digest)) break;",
    replace: "",
    killedBy: {
      file: `${core}/planPosts.test.ts`,
      name: "R6: a second post of one identity waits for the first",
    },
  },
  {
    name: "a post's ts is the clock's, also when that stepped back",
    rule: "R2, 3.2",
    file: `${core}/hybridClock.ts`,
    find: "return Math.max(Math.floor(nowMs * 1000), largestTs + 1);",
    replace: "return Math.floor(nowMs * 1000);",
    killedBy: {
      file: `${core}/hybridClock.test.ts`,
      name: "R2: is larger than any before it, also when the clock stepped back",
    },
  },
  {
    name: "a clock that is far ahead of the others is stamped with",
    rule: "16.1",
    file: `${core}/hybridClock.ts`,
    find: "const atMost = Math.min(nowMs, median + NEIGHBORHOOD_SKEW_MS_MAX);",
    replace: "const atMost = nowMs;",
    killedBy: {
      file: `${core}/hybridClock.test.ts`,
      name: "is at most half a minute off the median of all",
    },
  },
  {
    name: "a new epoch is the clock's, also when that stepped back",
    rule: "R2, 3.5",
    file: `${core}/epoch.ts`,
    find: "known === undefined ? 0 : epochTimeMs(known) + 1",
    replace: "0",
    killedBy: {
      file: `${core}/epoch.test.ts`,
      name: "R2: an epoch is larger than the one known, also when the clock stepped back",
    },
  },
  {
    name: "epochs are ordered as text",
    rule: "3.5",
    file: "packages/protocol/src/ids.ts",
    find: "if (difference !== 0) return difference;",
    replace: "",
    killedBy: {
      file: "packages/protocol/src/ids.test.ts",
      name: "epochs are ordered by the time they begin with, not as text",
    },
  },
  {
    name: "what a reader has is delivered once more",
    rule: "R7, 10.1",
    file: delivery,
    find: `if (entry.ts <= reader.ts) return "skip";`,
    replace: `if (entry.ts < reader.ts) return "skip";`,
    killedBy: deliveryTest("R7: delivers in order, each once, and says when something is missing"),
  },
  {
    name: "an entry above a hole is delivered",
    rule: "R7, 10.1",
    file: delivery,
    find: `return entry.seq === reader.seq + 1 ? "deliver" : "behind";`,
    replace: `return "deliver";`,
    killedBy: deliveryTest("R7: delivers in order, each once, and says when something is missing"),
  },
  {
    name: "what a cursor covers is decided by seq",
    rule: "3.4, 10.1",
    file: delivery,
    find: `if (entry.ts <= reader.ts) return "skip";`,
    replace: `if (entry.seq <= reader.seq) return "skip";`,
    killedBy: deliveryTest("R7: what is covered is decided by ts, so a new generation's seq 1"),
  },
  {
    name: "a position at a vector's head is not covered",
    rule: "3.4",
    file: "packages/protocol/src/versionVector.ts",
    find: "return headOf(vector, origin).ts >= ts;",
    replace: "return headOf(vector, origin).ts > ts;",
    killedBy: {
      file: "packages/protocol/src/versionVector.test.ts",
      name: "a position is covered through its own ts, whatever its seq",
    },
  },
  {
    name: "a message dies a minute before its lifetime is over",
    rule: "R5, 12.1",
    file: death,
    find: "(nowMs - rules.messageLifetimeMs) * 1000",
    replace: "(nowMs - rules.messageLifetimeMs + 60_000) * 1000",
    killedBy: deathTest("R5: an entry dies when its lifetime has passed, to the microsecond"),
  },
  {
    name: "a message dies one microsecond too early",
    rule: "R5, 12.1",
    file: death,
    find: "return head.ts < range.beforeTs || head.seq <= range.throughSeq || head.ts <= range.cutTs;",
    replace: "return head.ts <= range.beforeTs || head.seq <= range.throughSeq;",
    killedBy: deathTest("R5: an entry dies when its lifetime has passed, to the microsecond"),
  },
  {
    name: "maxMessages counts each epoch of a server for itself",
    rule: "R5, 12.1",
    file: death,
    find: "roomLeft.set(serverOf(origin), Math.max(0, room - seq));",
    replace: "roomLeft.set(serverOf(origin), maxMessages);",
    killedBy: deathTest("R5: the newest of each server live, over all its epochs"),
  },
  {
    name: "a replica does not note where a message posted twice lies",
    rule: "R6, 8.1",
    file: `${core}/commitPlan.ts`,
    find: "twins.set(identity.digest, noteTwin(noted, identity.value));",
    replace: "",
    killedBy: twinsTest("R6: a replica stores a message posted twice, and notes where both lie"),
  },
  {
    name: "a reader is shown every twin",
    rule: "R6, 8.3",
    file: twins,
    find: `if (others.some((twin) => isEqual(twin) && view.isShown(twin))) return "hide";`,
    replace: "",
    killedBy: twinsTest(
      "R6: of equal twins a reader is shown exactly one, whichever server it reads",
    ),
  },
  {
    name: "of two contents under one ocid, the earlier is flagged",
    rule: "8.5",
    file: twins,
    find: "!isEqual(twin) && comparePositions(twin, self) < 0",
    replace: "!isEqual(twin) && comparePositions(twin, self) > 0",
    killedBy: twinsTest(
      "R8: history shows the first of each content and flags only the later content",
    ),
  },
  {
    name: "the digest of an origin leaves out the chain hashes",
    rule: "R12, 7.4",
    file: `${core}/originDigest.ts`,
    find: "\\n${formatHead(head)}\\n${head.chain}`",
    replace: "\\n${formatHead(head)}`",
    killedBy: {
      file: `${core}/originDigest.test.ts`,
      name: "R12: a fork shows, though the counts are equal",
    },
  },
  {
    name: "an update beats the deletion of its generation",
    rule: "R8, 13.2",
    file: `${core}/registryMerge.ts`,
    find: "return a.isDeleted ? 1 : -1;",
    replace: "return a.isDeleted ? -1 : 1;",
    killedBy: {
      file: `${core}/registryMerge.test.ts`,
      name: "R8: a delete beats every update of its generation, and the next generation beats it",
    },
  },
  {
    name: "of two creations at once the larger wins",
    rule: "R8, 13.2",
    file: `${core}/registryMerge.ts`,
    find: "const creation = compareStamps(b.created, a.created);",
    replace: "const creation = compareStamps(a.created, b.created);",
    killedBy: {
      file: `${core}/registryMerge.test.ts`,
      name: "R8: of two creations at once the smaller wins, whatever was updated since",
    },
  },
  {
    name: "an origin's entries come from whoever is furthest ahead, its own server or not",
    rule: "R9, 14.3",
    file: `${core}/sourceSelection.ts`,
    find: "change(keep, direct ?? furthestAhead(well) ?? anyOf(view), view)",
    replace: "change(keep, furthestAhead(well) ?? anyOf(view), view)",
    killedBy: {
      file: `${core}/sourceSelection.test.ts`,
      name: "is its own server where that is connected, else whoever is furthest ahead",
    },
  },
  {
    name: "a source that gives nothing is kept for ever",
    rule: "R11, 14.3",
    file: `${core}/sourceSelection.ts`,
    find: "return isSilent && view.nowMs - waitingSince >= AHEAD_PATIENCE_MS;",
    replace: "return false;",
    killedBy: {
      file: `${core}/sourceSelection.test.ts`,
      name: "changes only after the patience, and only when another is ahead",
    },
  },
  {
    name: "a cursor leaves out the newest epoch of a server, too",
    rule: "R7, 11.5",
    file: `${core}/carriedVector.ts`,
    find: "if (newest.get(serverOf(origin)) === epochOf(origin)) return false;",
    replace: "if (newest.get(serverOf(origin)) === undefined) return false;",
    killedBy: {
      file: `${core}/carriedVector.test.ts`,
      name: "leaves out closed epochs of which all is dead of age by every server's clock",
    },
  },
];
