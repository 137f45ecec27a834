import type { Mutant, NamedTest } from "./Mutant.ts";

const server = "packages/server/src";
const store = `${server}/store`;

const onAcceptance = (name: string): NamedTest => ({
  file: "packages/testkit/src/simulation/acceptance.test.ts",
  name,
});
const saidUntilSettled = "R6: others are said to every process and epoch, until they are settled";

/** What is done when a channel's dedup windows change. */
export const windowMutants: readonly Mutant[] = [
  {
    name: "the memory store forgets that an index is still to be written",
    rule: "R6, 9.6",
    file: `${store}/memory/DiskChannel.ts`,
    find: "const isDue = lost.length > 0 || known.isDue || known.ms !== windowMs;",
    replace: "const isDue = lost.length > 0 || known.ms !== windowMs;",
    killedBy: { file: `${store}/memory/MemoryStore.test.ts`, name: saidUntilSettled },
  },
  {
    name: "Redis does not compare in which windows an index was written",
    rule: "R6, 9.6",
    file: `${store}/redis/lua/faults.lua`,
    find: "return not isLost and (noted or wanted) == wanted and wanted or '>' .. wanted",
    replace: "return not isLost and wanted or '>' .. wanted",
    killedBy: { file: `${store}/redis/RedisStore.redis.test.ts`, name: saidUntilSettled },
  },
  {
    name: "Redis indexes in windows that are no longer the channel's",
    rule: "R6, 9.7",
    file: `${store}/redis/lua/commitEntries.lua`,
    find: "if not isIndexedIn(meta, window) then",
    replace: "if false then",
    killedBy: {
      file: `${store}/redis/RedisStore.redis.test.ts`,
      name: "R6: nothing is written for windows that are no longer the channel's",
    },
  },
  {
    name: "an index counts as written before that is so",
    rule: "R6, 13.6",
    file: `${server}/replica/examineLogs.ts`,
    find: "if (stored.isIndexLost) await examiner.reindexAll();",
    replace:
      "if (stored.isIndexLost) await context.session.settleIndex(examination.key, examination.windowMs, context).then(() => examiner.reindexAll());",
    killedBy: onAcceptance(
      "P15: so it is when the server is killed before $failing (new epoch: $isEpochNew)",
    ),
  },
];
