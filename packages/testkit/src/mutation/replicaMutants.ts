import type { Mutant } from "./Mutant.ts";
import { simulationTest } from "./simulationTest.ts";

const replica = "packages/server/src/replica";
const simulation = "packages/testkit/src/simulation";

/** What the replica does upon what was decided. */
export const replicaMutants: readonly Mutant[] = [
  {
    name: "a post is answered before the store has it",
    rule: "R4",
    file: `${replica}/StoredLogs.ts`,
    find: "reply = await call();",
    replace: `void call().catch(() => undefined);\n      reply = { status: "done" };`,
    killedBy: simulationTest,
  },
  {
    name: "a fenced store is noticed by posts and replication only",
    rule: "R2, 4.7",
    file: `${replica}/ChannelReplica.ts`,
    find: `        await action();
      } catch (error) {
        this.#endIfFenced(error);`,
    replace: `        await action();
      } catch (error) {`,
    killedBy: {
      file: `${simulation}/damage.test.ts`,
      name: "R2: whose channel's record is lost as well ends the epoch when what is dead of it goes",
    },
  },
  {
    name: "a channel goes on after a failed call without being read again",
    rule: "R1, 5.5",
    file: `${replica}/ChannelReplica.ts`,
    find: `if (reason.code !== "store-full") this.#isOpen = false; // then nothing was written`,
    replace: "",
    killedBy: simulationTest,
  },
  {
    name: "the epoch goes on though the store holds less than was acknowledged",
    rule: "R2, 5.6",
    file: `${replica}/StoredLogs.ts`,
    find: "if (chainedHead(examined.log, this.#context.origin).seq < this.#told.seq) {",
    replace: "if (this.#told.seq < 0) {",
    killedBy: {
      file: `${simulation}/brokenEpochs.test.ts`,
      name: "R2: a store that holds less than it acknowledged ends the epoch",
    },
  },
  {
    name: "a reader becomes live without what came while it read the last page",
    rule: "R7, 10.3",
    file: `${replica}/listening/Subscription.ts`,
    find: `    for (const { origin, entry } of buffer) {
      if (this.#isIn("live")) this.#deliver(origin, [entry]);
    }
    if (!this.#isIn("live")) return;
    if (!this.#reader.isCaughtUp()) this.#state = "reading";
    else this.#reader.flushGap();`,
    replace: "",
    killedBy: simulationTest,
  },
  {
    name: "what waits behind a frame with a hole is dropped with it",
    rule: "R11, 6.5",
    file: `${replica}/EntryQueue.ts`,
    find: "while ((waiters[end]?.entries[0]?.seq ?? 0) >= first.seq) end++;",
    replace: "end = waiters.length;",
    killedBy: {
      file: `${simulation}/taken.test.ts`,
      name: "R11: the answer to a pull is stored, though a push with a hole came just before it",
    },
  },
  {
    name: "what is worth nothing ends the parking of its log",
    rule: "6.7",
    file: `${replica}/links/EntryIntake.ts`,
    find: "if (!this.#parts.isExpected(channel, origin)) return;",
    replace: "",
    killedBy: {
      file: `${simulation}/taken.test.ts`,
      name: "6.7: what is held already, or a cut, behind a fork does not end the parking",
    },
  },
  {
    name: "what a store lost hides its twin",
    rule: "R8, 8.7",
    file: "packages/core/src/death.ts",
    find: "const isHeld = range !== undefined && isCovered(heads, origin, ts);",
    replace: "const isHeld = range !== undefined;",
    killedBy: {
      file: `${simulation}/ownDamage.test.ts`,
      name: "R8: it neither hides nor flags a twin with",
    },
  },
  {
    name: "a log that cannot be cut holds up all that its peer sends",
    rule: "R12, 4.9",
    file: `${replica}/StoredLogs.ts`,
    find: "this.#damaged.noteUncuttable(origin, error);",
    replace: "throw error;",
    killedBy: {
      file: `${simulation}/uncutLogs.test.ts`,
      name: "R12: is parked alone, and heals when there is room",
    },
  },
  {
    name: "a log that cannot be cut hinders the start",
    rule: "R12, 4.9",
    file: `${replica}/examineLogs.ts`,
    find: "this.#fallBack(origin, head, { detail: error.detail, isReadable: true, isWritable: false });",
    replace: "throw error;",
    killedBy: {
      file: `${simulation}/uncutLogs.test.ts`,
      name: "R12: with something behind its end hinders no start, and heals when there is room",
    },
  },
  {
    name: "a log that healed without its peers stays parked",
    rule: "R12, 4.9",
    file: `${replica}/links/ParkedLogs.ts`,
    find: "(from === peer || from === this.#self)",
    replace: "from === peer",
    killedBy: {
      file: `${simulation}/uncutLogs.test.ts`,
      name: "R5: loses what is dead of it all the same",
    },
  },
  {
    name: "a post is a duplicate of what the store lost",
    rule: "R4, 8.7",
    file: "packages/core/src/twins.ts",
    find: "const held = positions.filter(({ origin, ts }) => isCovered(heads, origin, ts));",
    replace: "const held = positions;",
    killedBy: {
      file: `${simulation}/ownDamage.test.ts`,
      name: "R4: it is appended again when it is posted again, once",
    },
  },
  {
    name: "a reader is told nothing of what died",
    rule: "R7, 10.7",
    file: `${replica}/listening/ChannelReader.ts`,
    find: "this.#gap = gap;",
    replace: "",
    killedBy: {
      file: `${simulation}/oldCursors.test.ts`,
      name: "R7: is told of the same gap by the origin, a relay, and one that joined late",
    },
  },
  {
    name: "a reader is not told of which generation it reads",
    rule: "R6, 10.9",
    file: `${replica}/listening/ChannelReader.ts`,
    find: "    this.#anchor();\n    this.#context.counts.delivered++;",
    replace: "    this.#context.counts.delivered++;",
    killedBy: {
      file: `${simulation}/earlyCuts.test.ts`,
      name: "R6: a raw one is shown nothing of what is over elsewhere, and nothing twice",
    },
  },
  {
    name: "a server is ready before it has what its peers have",
    rule: "14.13",
    file: `${replica}/Readying.ts`,
    find: "return (isAsked || !isPatient) && hasCaughtUp;",
    replace: "return isAsked || !isPatient;",
    killedBy: {
      file: `${simulation}/joining.test.ts`,
      name: "a server is ready only when it has what its peer had when it came",
    },
  },
  {
    name: "what an operator gave up stays alive for others",
    rule: "R5, 12.7",
    file: `${replica}/ChannelLife.ts`,
    find: "this.#rules = { ...this.#rules, cuts };",
    replace: "this.#rules = { ...this.#rules, cuts: new Map(cuts.size === 0 ? cuts : []) };",
    killedBy: {
      file: `${simulation}/acceptedGaps.test.ts`,
      name: "R5: what an operator gave up is dead on every server, told to readers, and the log goes on",
    },
  },
  {
    name: "a page is refused although all that the store lost is dead",
    rule: "R5, 4.9",
    file: `${replica}/history.ts`,
    find: "if (isBefore || isAfter || channel.life.isDead(origin, damage.through)) continue;",
    replace: "if (isBefore || isAfter) continue;",
    killedBy: {
      file: `${simulation}/acceptedLosses.test.ts`,
      name: "R5: history goes on also while the store cannot do what is to be done",
    },
  },
  {
    name: "what a linked server still has is given up",
    rule: "R5, 12.7",
    file: `${replica}/links/Detours.ts`,
    find: "return isAuthor(hello, origin) || theirs.digest !== digest;",
    replace: "return isAuthor(hello, origin) && theirs.digest !== digest;",
    killedBy: {
      file: `${simulation}/acceptedLosses.test.ts`,
      name: "R5: what a server linked for %i ms has is not given up",
    },
  },
  {
    name: "what is held behind a hole is given up with it",
    rule: "R5, 12.7",
    file: `${replica}/StoredLogs.ts`,
    find: "return (await this.#firstBehind(origin, damage.through)) ?? damage.through;",
    replace: "return damage.through;",
    killedBy: {
      file: `${simulation}/acceptedLosses.test.ts`,
      name: "R5: of a log that lost its middle, what lies behind lives on but the first",
    },
  },
  {
    name: "a server that is behind shows what a cursor left out as beyond maxMessages",
    rule: "R6, 11.5",
    file: `${replica}/ChannelLife.ts`,
    find: "if (!isLimited || coversAll(heads, seen)) return this.deadRanges();",
    replace: "if (isLimited || coversAll(heads, seen)) return this.deadRanges();",
    killedBy: {
      file: `${simulation}/longCursors.test.ts`,
      name: "R6: what maxMessages ended is not shown again by a server that has not heard of it",
    },
  },
  {
    name: "a reader is told again and again of epochs that its cursor left out",
    rule: "R7, 11.5",
    file: `${replica}/listening/ChannelReader.ts`,
    find: "return isAll && isLeftOut(this.#beginning, origin);",
    replace: "return isAll && isLeftOut(new Map(), origin);",
    killedBy: {
      file: `${simulation}/longCursors.test.ts`,
      name: "R10: a cursor names no closed epoch whose messages are dead, and is valid everywhere",
    },
  },
  {
    name: "a new generation begins at the clock, not above the tombstone",
    rule: "13.4",
    file: `${replica}/registry/ChannelCatalog.ts`,
    find: "const floorTs = present === undefined ? 0 : Math.max(present.updated.ts, present.floorTs);",
    replace: "const floorTs = 0;",
    killedBy: {
      file: `${simulation}/generations.test.ts`,
      name: "R7: every ts of a new generation lies above the tombstone, whichever clock made it",
    },
  },
  {
    name: "entries of a deleted generation are wanted",
    rule: "13.5",
    file: `${replica}/registry/ChannelCatalog.ts`,
    find: "(generation === record.generation && !record.isDeleted)",
    replace: "generation === record.generation",
    killedBy: {
      file: `${simulation}/generations.test.ts`,
      name: "P13: what a server that has not heard of a deletion posts is not held by those",
    },
  },
  {
    name: "the last line of a stream, bye, is left out",
    rule: "14.14",
    file: `${replica}/LocalReplica.ts`,
    find: `this.#listeners.byeAll(end.reason === "closed" ? "shutdown" : "epoch", urls);`,
    replace: "",
    killedBy: {
      file: `${simulation}/farewell.test.ts`,
      name: "a listener gets bye as its last line, with the reason, when the server stops",
    },
  },
  {
    name: "a trim takes all that arrived, dead or not",
    rule: "R5, 12.2",
    file: `${replica}/trimming.ts`,
    find: "entries.findIndex((entry) => !isDead(dead, entry))",
    replace: "-1",
    killedBy: {
      file: `${simulation}/interleavings.test.ts`,
      name: "R5: a late server takes what maxMessages left from another than the origin",
    },
  },
];
