import type { Mutant, NamedTest } from "./Mutant.ts";

const store = "packages/server/src/store";
const memory = `${store}/memory`;
const lua = `${store}/redis/lua`;

const onMemory = (name: string): NamedTest => ({ file: `${memory}/MemoryStore.test.ts`, name });
const onRedis = (name: string): NamedTest => ({
  file: `${store}/redis/RedisStore.redis.test.ts`,
  name,
});

/** What the stores compare before they write. */
export const storeMutants: readonly Mutant[] = [
  {
    name: "the scripts of Redis write whatever the stamp",
    rule: "R2, 4.7",
    file: `${lua}/stamp.lua`,
    find: "if stamp[1] == epoch and stamp[2] == owner and stamp[3] == replid then",
    replace: "if true then",
    killedBy: onRedis("R2: nothing is written after another session opened the store"),
  },
  {
    name: "the scripts of Redis do not look at the replication id",
    rule: "R2, 4.7",
    file: `${lua}/stamp.lua`,
    find: "if stamp[1] == epoch and stamp[2] == owner and stamp[3] == replid then",
    replace: "if stamp[1] == epoch and stamp[2] == owner then",
    killedBy: onRedis(
      "R2: nothing is written after a restart or failover, and then the epoch ends",
    ),
  },
  {
    name: "the memory store writes whatever the stamp",
    rule: "R2, 4.7",
    file: `${memory}/MemorySession.ts`,
    find: "if (stamp?.epoch === epoch && stamp.owner === owner && stamp.replid === replid) return;",
    replace: "return;",
    killedBy: onMemory("R2: nothing is written after another session opened the store"),
  },
  {
    name: "a store that forgot something goes on in its epoch",
    rule: "R2, 15.3",
    file: `${memory}/MemoryStore.ts`,
    find: "const isUnbroken = known?.replid === replid && !request.isEpochLost;",
    replace: "const isUnbroken = known !== undefined;",
    killedBy: onMemory("R2: a store that forgot something mints an epoch above its own"),
  },
  {
    name: "a store is taken from a process that renews its lease",
    rule: "15.1",
    file: `${lua}/takeLease.lua`,
    find: "if isForeign and leaseUntil > nowMs and stored[4] ~= waitedOut then",
    replace: "if false then",
    killedBy: onRedis("refuses a store that another process renews"),
  },
  {
    name: "a commit does not compare the head of its log",
    rule: "R1, 5.1",
    file: `${memory}/DiskChannel.ts`,
    find: "return head.ts === expected.ts && head.seq === expected.seq;",
    replace: "return head.ts >= 0 && expected.ts >= 0;",
    killedBy: onMemory("writes nothing when the head is another"),
  },
  {
    name: "a copy with other content takes a log's place",
    rule: "R1, 4.9",
    file: `${lua}/shortenLog.lua`,
    find: "and last[2][4] == head.chain",
    replace: "",
    killedBy: {
      file: `${store}/redis/shortenLog.redis.test.ts`,
      name: "takes no copy that ends in the same place with other content",
    },
  },
  {
    name: "a log that does not hold all that is to be kept is cut",
    rule: "R1, 4.9",
    file: `${memory}/DiskChannel.ts`,
    find: `return isWhole ? undefined : { status: "mismatch", head: START };`,
    replace: "return undefined;",
    killedBy: onMemory("R1: a log that does not hold all that is to be kept is not shortened"),
  },
  {
    name: "a commit does not ask the index",
    rule: "R6, 5.4",
    file: `${memory}/DiskChannel.ts`,
    find: `if (values.size > 0) return { status: "known", values };`,
    replace: "",
    killedBy: onMemory("R6: tells what the index holds in roll %i"),
  },
  {
    name: "a commit asks its own roll of the index only",
    rule: "R6, 9.3",
    file: `${memory}/DiskIndex.ts`,
    find: "for (const near of [roll - 1, roll, roll + 1]) {",
    replace: "for (const near of [roll]) {",
    killedBy: onMemory("R6: tells what the index holds in roll %i"),
  },
  {
    name: "the renewal of a lease does not look at the registry of the memory store",
    rule: "R2, 15.4",
    file: `${memory}/MemorySession.ts`,
    find: "      this.#renewLease();\n      this.#checkStamp(this.#area.registryStamp);",
    replace: "      this.#renewLease();",
    killedBy: onMemory("R2: a store that lost its registry is fenced when its lease is renewed"),
  },
  {
    name: "the renewal of a lease does not look at the registry in Redis",
    rule: "R2, 15.4",
    file: `${store}/redis/RedisSession.ts`,
    find: "await Promise.all([renewLease(access, options), checkRegistry(access, options)]);",
    replace: "await renewLease(access, options);",
    killedBy: onRedis("R2: a store that lost its registry is fenced when its lease is renewed"),
  },
  {
    name: "Redis is not told that an epoch writes in a channel",
    rule: "R2, 4.11",
    file: `${store}/redis/commitEntries.ts`,
    find: "if (commit.origin === access.life.origin) await access.notes.note(channel, options);",
    replace: "",
    killedBy: onRedis(
      "R2: a channel whose log was %s and that lost its meta ends the epoch that wrote there",
    ),
  },
  {
    name: "a channel that lost all that its epoch wrote is a new one",
    rule: "R2, 4.11",
    file: `${memory}/MemorySession.ts`,
    find: "if (hasWritten && channel.stamp?.epoch !== this.epoch) {",
    replace: "if (false) {",
    killedBy: onMemory(
      "R2: a channel whose log was %s and that lost its meta ends the epoch that wrote there",
    ),
  },
];
