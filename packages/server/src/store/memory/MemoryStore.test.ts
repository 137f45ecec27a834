import { parseEpoch, parseNeighborhood, parseServerId, START } from "@dred/protocol";
import {
  chainOf,
  commitOf,
  describeStoreContract,
  entriesAfter,
  first,
  indexedAt,
  news,
  rangeOf,
  windowMs,
} from "@dred/testkit";
import type { StoreHarness } from "@dred/testkit";
import { describe, expect, test } from "vitest";
import { systemClock } from "../../observe/systemClock.ts";
import type { Clock } from "../../replica/ports/Clock.ts";
import type { StoreSession } from "../../replica/ports/Store.ts";
import { MemoryDisk } from "./MemoryDisk.ts";
import type { DiskOperation } from "./MemoryDisk.ts";
import { createMemoryStore } from "./MemoryStore.ts";
import { ScriptWrites } from "./ScriptWrites.ts";

const neighborhood = parseNeighborhood("tests");
const options = { signal: new AbortController().signal };

function createHarness(): Promise<StoreHarness> {
  const disk = new MemoryDisk();
  const leaseMs = 150;
  const channel = (key: typeof news) => disk.area(neighborhood).channel(key);
  return Promise.resolve({
    createStore: () =>
      createMemoryStore({ disk, clock: systemClock, random: Math.random, leaseMs }),
    neighborhood,
    leaseMs,
    flush: () => Promise.resolve(disk.flush()),
    removeRegistry: () => Promise.resolve(disk.area(neighborhood).loseRegistry()),
    changeReplid: () => Promise.resolve(disk.changeReplid()),
    appendOnly: (key, origin, entry) => {
      channel(key).append(commitOf([entry], { origin }), new ScriptWrites(1));
      return Promise.resolve();
    },
    stampNewer: (key) => {
      const epoch = parseEpoch("zzzzzzzz00");
      channel(key).stamp = { epoch, owner: "another", replid: disk.replid };
      return Promise.resolve();
    },
    remove: (key, part) => Promise.resolve(channel(key).remove(part)),
    spoil: (key, part) => Promise.resolve(channel(key).spoil(part)),
    goAway: () => {
      disk.isReachable = false;
    },
    comeBack: () => {
      disk.isReachable = true;
    },
    close: () => Promise.resolve(),
  });
}

describeStoreContract("MemoryStore", createHarness);

describe("MemoryStore", () => {
  let nowMs = 1_000;
  const clock: Clock = {
    now: () => nowMs,
    steady: () => nowMs,
    after: () => {
      throw new Error("nothing here waits");
    },
  };

  function openOn(disk: MemoryDisk): Promise<StoreSession> {
    const store = createMemoryStore({ disk, clock, random: () => 0.5 });
    let mints = 0;
    const serverId = parseServerId("first");
    return store.open(
      {
        neighborhood,
        serverId,
        instance: "one",
        isEpochLost: false,
        mintEpoch: (known) => parseEpoch(`m2k9xq${known === undefined ? "a" : "b"}${mints++}0`),
      },
      options,
    );
  }

  async function openNewsOn(disk: MemoryDisk): Promise<StoreSession> {
    const session = await openOn(disk);
    await session.openChannel(news, windowMs, options);
    return session;
  }

  test("forgets the index of a roll when its time has passed", async () => {
    const session = await openNewsOn(new MemoryDisk());
    const [one, two, three] = entriesAfter(START, 3);
    const again = { digest: "d1", value: indexedAt(two!), expected: "" };
    await session.commit(news, commitOf([one!]), options);

    nowMs += 3 * windowMs - 1;
    const known = commitOf([two!], { expected: one!, identities: [again] });
    expect(await session.commit(news, known, options)).toMatchObject({ status: "known" });

    nowMs += 1;
    expect(await session.commit(news, known, options)).toEqual({ status: "done" });
    expect(await session.range(news, rangeOf({ afterTs: two!.ts }), options)).toEqual([]);
    expect(three!.seq).toBe(3);
  });

  test("R2: a restored snapshot is an older state in another life", async () => {
    const disk = new MemoryDisk();
    const session = await openNewsOn(disk);
    const entries = entriesAfter(START, 2);
    await session.commit(news, commitOf(entries.slice(0, 1)), options);
    const snapshot = disk.snapshot();
    await session.commit(news, commitOf(entries.slice(1), { expected: entries[0]! }), options);

    disk.restore(snapshot);

    await expect(session.renew(options)).rejects.toMatchObject({ code: "store-fenced" });
    const later = await openNewsOn(disk);
    expect(later.epoch).not.toBe(session.epoch);
    expect(later.storeId).toBe(session.storeId);
    expect(await later.range(news, rangeOf(), options)).toEqual(entries.slice(0, 1));
  });

  test.each([
    { fault: "unreachable", stored: 0, code: "store-unavailable", found: [0, undefined] },
    { fault: "reply-lost", stored: 1, code: "store-unavailable", found: [1, undefined] },
    { fault: { diesAfter: 0 }, stored: 0, code: "store-unavailable", found: [0, undefined] },
    { fault: { diesAfter: 1 }, stored: 1, code: "store-unavailable", found: [0, "ahead"] },
    { fault: { diesAfter: 3 }, stored: 1, code: "store-unavailable", found: [0, "ahead"] },
    { fault: "full", stored: 0, code: "store-full", found: [0, undefined] },
  ] as const)("a commit that meets $fault leaves $stored entries", async (example) => {
    const disk = new MemoryDisk();
    const session = await openNewsOn(disk);
    disk.faultOf = (operation) => (operation === "commit" ? example.fault : "none");

    const commit = session.commit(news, commitOf(entriesAfter(START, 1)), options);

    await expect(commit).rejects.toMatchObject({ code: example.code });
    expect(await session.range(news, rangeOf(), options)).toHaveLength(example.stored);
    const { heads, faults } = await session.openChannel(news, windowMs, options);
    expect([heads.get(first)?.seq ?? 0, faults.get(first)]).toEqual(example.found);
  });

  test.each([0, 1, 2, 3])(
    "R1: a trim and a skip that die after %i writes are finished on opening",
    async (diesAfter) => {
      const disk = new MemoryDisk();
      const session = await openNewsOn(disk);
      const entries = entriesAfter(START, 3);
      await session.commit(news, commitOf(entries), options);
      const dying = async (operation: DiskOperation, call: () => Promise<unknown>) => {
        disk.faultOf = (each) => (each === operation ? { diesAfter } : "none");
        await call().catch(() => undefined);
        disk.faultOf = () => "none";
        return session.openChannel(news, windowMs, options);
      };

      const base = { ts: 20, seq: 2, chain: chainOf(2) };
      const trim = { origin: first, base, twinsGone: ["d1", "d2"] };
      const trimmed = await dying("trim", () => session.trim(news, trim, options));
      expect([trimmed.bases.get(first)?.seq ?? 0, trimmed.faults.size]).toEqual([
        diesAfter === 0 ? 0 : 2,
        0,
      ]);
      const gap = { ts: 90, seq: 9, chain: chainOf(9) };
      const skip = { origin: first, expected: entries[2]!, base: gap };
      const skipped = await dying("skip", () => session.skip(news, skip, options));
      expect([skipped.heads.get(first)?.seq, skipped.faults.size]).toEqual([
        diesAfter === 0 ? 3 : 9,
        0,
      ]);
    },
  );
});
