import type { Mutant } from "./Mutant.ts";
import { simulationTest } from "./simulationTest.ts";

const replica = "packages/server/src/replica";
const simulation = "packages/testkit/src/simulation";
const tests = "packages/server/src/__tests__";

const changes = `${simulation}/sourceChanges.test.ts`;
const behindHole = {
  file: changes,
  name: "R11: a source that sends only what lies behind a hole is left within 3 s",
};

/** What links do: whom they ask, what they take, and what they give. */
export const linkMutants: readonly Mutant[] = [
  {
    name: "a server counts itself twice for acks",
    rule: "R4",
    file: `${replica}/links/countHolders.ts`,
    find: "let reached = 1;",
    replace: "let reached = 2;",
    killedBy: {
      file: `${tests}/messages.test.ts`,
      name: "answers 202 with what was reached when too few servers hold it in time",
    },
  },
  {
    name: "what lies behind a hole counts as what arrives",
    rule: "R11, 14.3",
    file: `${replica}/links/StoringLogs.ts`,
    find: "if (last === undefined || firstSeq > nextSeq || last.seq < nextSeq) return false;",
    replace: "if (last === undefined || last.seq < nextSeq) return false;",
    killedBy: behindHole,
  },
  {
    name: "a new source is not told where our logs end",
    rule: "R11, 14.2",
    file: `${replica}/links/LogComparison.ts`,
    find: "const moved = table.movedLast(origin, limits.FRAME_LOGS_MAX);",
    replace: "const moved = table.movedLast(origin, 0);",
    killedBy: { file: changes, name: "R11: entries of each of ten channels flow within 3 s" },
  },
  {
    name: "a link does not know what came on another, and is being stored",
    rule: "R9, 14.6",
    file: `${replica}/links/PeerLinks.ts`,
    find: "storing: this.#storing,",
    replace: "storing: new StoringLogs(),",
    killedBy: {
      file: changes,
      name: "R9: what waits for our slow store is not asked for again on a new link",
    },
  },
  {
    name: "a gap is judged by the head that we hold",
    rule: "R11, 12.5",
    file: `${replica}/links/GapJudge.ts`,
    find: "heads.set(origin, head);",
    replace: "if (head.seq < 0) return false;",
    killedBy: {
      file: `${simulation}/interleavings.test.ts`,
      name: "R5: a late server takes what maxMessages left from another than the origin",
    },
  },
  {
    name: "a line is busy with what lies behind a hole",
    rule: "R11, 14.3",
    file: `${replica}/links/PullingLink.ts`,
    find: "if (!bringsMore) return this.#line.discount(); // such as what lies behind a hole",
    replace: "if (!bringsMore) return;",
    killedBy: behindHole,
  },
  {
    name: "a linked server is dialled where a record of an earlier epoch says",
    rule: "R11, 13.14",
    file: `${replica}/registry/RegistryEffects.ts`,
    find: "return linked !== undefined && compareEpochs(linked, epoch as Epoch) > 0;",
    replace: "return linked !== undefined && linked === epoch;",
    killedBy: {
      file: `${simulation}/addresses.test.ts`,
      name: "R11: a linked server is dialled where it says it is, whatever a record of an earlier epoch says",
    },
  },
  {
    name: "a record of an earlier epoch takes the place of a server's own",
    rule: "R8, 13.14",
    file: `${replica}/registry/Registry.ts`,
    find: "return this.#write(due.map((record) => this.#keepingOurs(record)));",
    replace: "return this.#write(due);",
    killedBy: {
      file: `${simulation}/addresses.test.ts`,
      name: "R8: a server keeps its record, and its notes in it, against one of an earlier epoch",
    },
  },
  {
    name: "the epoch goes on though a peer shows more of it",
    rule: "R2, 15.4",
    file: `${replica}/links/OwnEpochWatch.ts`,
    find: "if (ahead === undefined) return;",
    replace: "if (heads !== undefined) return;",
    killedBy: {
      file: `${simulation}/brokenEpochs.test.ts`,
      name: "R2: a peer that holds more of our epoch than we do ends it",
    },
  },
  {
    name: "the epoch goes on though a peer knows a later one",
    rule: "R2, 15.4",
    file: `${replica}/links/PeerLinks.ts`,
    find: "if (heard === undefined || compareEpochs(heard, mine) <= 0) return;",
    replace: "if (mine.length > 0) return;",
    killedBy: {
      file: `${simulation}/brokenEpochs.test.ts`,
      name: "R2: a peer that knows a later epoch of ours ends this one",
    },
  },
  {
    name: "a gap is believed from anybody",
    rule: "R1, 12.5",
    file: `${replica}/links/GapJudge.ts`,
    find: "if (serverOf(origin) === this.#peer) return true;",
    replace: "if (origin.length > 0) return true;",
    killedBy: {
      file: `${simulation}/refusedPeers.test.ts`,
      name: "R1: a gap over what lives is not believed from another than its origin",
    },
  },
  {
    name: "entries are pushed to every peer, also to those that pull them elsewhere",
    rule: "R9, 14.2",
    file: `${replica}/links/ServedLogs.ts`,
    find: "const isLive = this.#followed.has(origin) && !this.#behind.has(log)",
    replace: "const isLive = !this.#behind.has(log)",
    killedBy: simulationTest,
  },
  {
    name: "credit is given back for what is not stored yet",
    rule: "R10, 14.9",
    file: `${replica}/links/EntryIntake.ts`,
    find: "this.#storingChars += bytes;",
    replace: "this.#storingChars += bytes;\n    this.giveCredit(bytes);",
    killedBy: {
      file: `${simulation}/handedOver.test.ts`,
      name: "R10: a store that takes nothing stops its peer at the link's credit",
    },
  },
  {
    name: "a registry that stays different is asked for without a pause",
    rule: "R10, 13.8",
    file: `${replica}/links/RegistryPull.ts`,
    find: "if (isSame && atMs - before.atMs < REPEAT_MS) return;",
    replace: "",
    killedBy: {
      file: `${simulation}/refusedPeers.test.ts`,
      name: "R10: a peer whose registry never becomes ours is asked once a second",
    },
  },
  {
    name: "a server that joins waits for no head that was listed",
    rule: "14.13",
    file: `${replica}/links/JoinGoal.ts`,
    find: "else for (const [key, head] of listed) goal.heads.set(key, head);",
    replace: "",
    killedBy: {
      file: `${simulation}/joining.test.ts`,
      name: "14.13: entries that arrive live in one log do not hide those that another lacks",
    },
  },
  {
    name: "lag 0 is reported, whatever is missing",
    rule: "R12",
    file: `${replica}/links/SourceTable.ts`,
    find: "lag = Math.max(lag, theirs.count - ours.count, least);",
    replace: "lag = Math.max(lag, 0 * least);",
    killedBy: {
      file: `${simulation}/report.test.ts`,
      name: "R12: the lag counts what is missing, and is 0 again when nothing is",
    },
  },
  {
    name: "a peer counts for acks before its store has the message",
    rule: "R4",
    file: `${replica}/links/HeldWaits.ts`,
    find: "return held !== undefined && held.ts >= head.ts;",
    replace: "return origin === this.#context.origin || head.ts > 0;",
    killedBy: {
      file: `${simulation}/handedOver.test.ts`,
      name: "R4: a peer counts for acks only once its store has the message",
    },
  },
  {
    name: "credit that is given back does not count",
    rule: "R10, 14.9",
    file: `${replica}/links/ServedLogs.ts`,
    find: "this.#credit = Math.min(this.#credit + bytes, limits.LINK_CREDIT_BYTES);",
    replace: "",
    killedBy: {
      file: `${simulation}/handedOver.test.ts`,
      name: "R10: more than a link's credit arrives, because what is stored gives it back",
    },
  },
  {
    name: "a peer that sends entries of our own origin is put up with",
    rule: "R2, 6.1",
    file: `${replica}/links/PullingLink.ts`,
    find: `return this.#line.fail("it sent entries of our own origin");`,
    replace: "return;",
    killedBy: {
      file: `${simulation}/handedOver.test.ts`,
      name: "R2: a peer that sends entries of our own origin is cut off, and they are not held",
    },
  },
  {
    name: "a peer is not told that what it lacks was trimmed",
    rule: "12.4",
    file: `${replica}/links/ServedLogs.ts`,
    find: "this.#passBase(channel, log);",
    replace: "",
    killedBy: {
      file: `${simulation}/interleavings.test.ts`,
      name: "R5: a late server takes what maxMessages left from another than the origin",
    },
  },
  {
    name: "changes of the registry are pushed to a peer that acknowledges none",
    rule: "R10, 13.9",
    file: `${replica}/links/RegistryPush.ts`,
    find: "if (this.#openChars >= OPEN_CHARS_MAX) return Promise.resolve();",
    replace: "",
    killedBy: {
      file: `${simulation}/registryPushes.test.ts`,
      name: "R10: a peer that acknowledges none is pushed no more than a limit, until it does",
    },
  },
  {
    name: "a page for a peer is sent without credit",
    rule: "R10, 6.14",
    file: `${replica}/links/ServedLogs.ts`,
    find: "while (this.#credit > 0 && !this.#parts.line.isClosed) {",
    replace: "while (!this.#parts.line.isClosed) {",
    killedBy: {
      file: `${simulation}/served.test.ts`,
      name: "6.14: is used up by what is behind, and one frame more; then as much comes as is given back",
    },
  },
  {
    name: "a log that its source cannot give is asked of nobody else",
    rule: "6.7",
    file: `${replica}/links/Detours.ts`,
    find: "if (sources.sourceOf(log.origin) === log.from) this.#askAnother(log);",
    replace: "if (sources.sourceOf(log.origin) === undefined) this.#askAnother(log);",
    killedBy: {
      file: `${simulation}/detours.test.ts`,
      name: "is fetched from another peer, and the rest of its origin comes from the source",
    },
  },
  {
    name: "what has come and waits for our store is asked for again",
    rule: "R9, 14.6",
    file: `${replica}/links/LogComparison.ts`,
    find: "if (this.#parts.storing.isStoring(origin, channel)) return true;",
    replace: "",
    killedBy: {
      file: `${simulation}/handedOver.test.ts`,
      name: "R9: what has come is not asked for again, however slow our store is",
    },
  },
];
