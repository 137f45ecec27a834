import { parseEpoch, parseNeighborhood, parseServerId, START } from "@dred/protocol";
import type { Entry, Head, Neighborhood } from "@dred/protocol";
import { chainOf, commitOf, entriesAfter, first, news, rangeOf } from "@dred/testkit";
import { RedisDisk, silentLog, windowMs } from "@dred/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { startRedis } from "../../__tests__/ownRedis.ts";
import { systemClock } from "../../observe/systemClock.ts";
import type { Store, StoreSession } from "../../replica/ports/Store.ts";
import { createRedisStore } from "./RedisStore.ts";

const LOG = `{news~1}:log:${first}`;
const COPY = `{news~1}:copy:${first}`;
const options = { signal: AbortSignal.timeout(60_000) };

async function openNews(store: Store, neighborhood: Neighborhood) {
  const mintEpoch = () => parseEpoch("m2k9xqa7");
  const request = { serverId: parseServerId("first"), instance: "one", isEpochLost: false };
  const session = await store.open({ ...request, neighborhood, mintEpoch }, options);
  await session.openChannel(news, windowMs, options);
  return session;
}

/** Commits so many entries, as their channel's first. */
async function fill(session: StoreSession, count: number): Promise<Entry[]> {
  const entries = entriesAfter(START, count);
  for (let from = 0; from < count; from += 500) {
    const expected = from === 0 ? START : entries[from - 1]!;
    const plan = commitOf(entries.slice(from, from + 500), { expected });
    expect(await session.commit(news, plan, options)).toEqual({ status: "done" });
  }
  return entries;
}

function shortenTo(session: StoreSession, seq: number, expected: Head) {
  const head = seq === 0 ? { ts: 0, seq, chain: "" } : { ts: seq * 10, seq, chain: chainOf(seq) };
  return session.shorten(news, { origin: first, expected, head }, options);
}

describe("a log that is shortened", () => {
  async function setUp() {
    const disk = await RedisDisk.open(18);
    onTestFinished(() => disk[Symbol.asyncDispose]());
    return { disk, session: await openNews(disk.createStore(), disk.neighborhood) };
  }

  async function seqsOf(session: StoreSession): Promise<number[]> {
    return (await session.range(news, rangeOf(), options)).map(({ seq }) => seq);
  }

  test("takes again what it lost at its end, and what lay behind it", async () => {
    const { disk, session } = await setUp();
    const [, , three] = (await fill(session, 3)) as [Entry, Entry, Entry];
    await disk.send("XDEL", disk.key(LOG), "30-3");

    expect(await shortenTo(session, 2, three)).toEqual({ status: "done" });

    const again = commitOf([three], { expected: { ts: 20, seq: 2 }, prefix: "n" });
    expect(await session.commit(news, again, options)).toEqual({ status: "done" });
    expect(await seqsOf(session)).toEqual([1, 2, 3]);
  });

  test("keeps all below, of more than one call, and what was trimmed stays away", async () => {
    const { disk, session } = await setUp();
    const entries = await fill(session, 1_500);
    const base = { ts: 50, seq: 5, chain: chainOf(5) };
    await session.trim(news, { origin: first, base, twinsGone: [] }, options);
    await disk.send("XDEL", disk.key(LOG), "10020-1002");

    expect(await shortenTo(session, 1_001, entries.at(-1)!)).toEqual({ status: "done" });

    const { heads, bases, faults } = await session.openChannel(news, windowMs, options);
    expect([heads.get(first)?.seq, bases.get(first), faults.size]).toEqual([1_001, base, 0]);
    expect(await seqsOf(session)).toEqual(Array.from({ length: 996 }, (_, index) => index + 6));
    const lines = await session.range(news, rangeOf({ entriesMax: 10 }), options);
    expect(lines).toEqual(entries.slice(5, 15));
    expect(await disk.send("EXISTS", disk.key(COPY))).toBe(0);
    expect(await disk.send("PTTL", disk.key(LOG))).toBe(-1);
  });

  test("begins its copy anew, whatever is left of an earlier one, and that expires", async () => {
    const { disk, session } = await setUp();
    const entries = await fill(session, 4);
    const copy = disk.key(COPY);
    await disk.send("XDEL", disk.key(LOG), "30-3", "20-2");
    await disk.send("XADD", copy, "20-2", "l", "another line", "p", chainOf(9));
    expect(await shortenTo(session, 2, entries[3]!)).toEqual({ status: "mismatch", head: START });
    expect(await disk.send("PTTL", copy)).toBeGreaterThan(0);
    await disk.send("DEL", copy);
    await disk.send("SET", copy, "of another type");

    expect(await shortenTo(session, 1, entries[3]!)).toEqual({ status: "done" });

    expect(await seqsOf(session)).toEqual([1]);
  });

  test("takes no copy that ends in the same place with other content", async () => {
    const { disk, session } = await setUp();
    const entries = await fill(session, 4);
    await disk.send("XDEL", disk.key(LOG), "30-3");
    for (const id of ["10-1", "20-2"]) {
      await disk.send("XADD", disk.key(COPY), id, "l", "another line", "p", chainOf(9));
    }

    expect(await shortenTo(session, 2, entries[3]!)).toEqual({ status: "done" });

    expect(await session.range(news, rangeOf(), options)).toEqual(entries.slice(0, 2));
  });

  test("leaves no copy behind when its channel is removed, P13", async () => {
    const { disk, session } = await setUp();
    const entries = await fill(session, 4);
    await disk.send("XDEL", disk.key(LOG), "20-2");
    expect(await shortenTo(session, 3, entries[3]!)).toEqual({ status: "mismatch", head: START });
    expect(await disk.send("EXISTS", disk.key(COPY))).toBe(1);

    await session.dropChannel(news, options);

    expect(await disk.send("KEYS", disk.key("{news~1}*"))).toEqual([]);
  });

  test("is not copied when nothing lies behind what is kept", async () => {
    const { disk, session } = await setUp();
    const entries = await fill(session, 3);
    await disk.send("HSET", disk.key("{news~1}:meta"), `h:${first}`, `40-4:${chainOf(4)}`);
    const before = await disk.send("XINFO", "STREAM", disk.key(LOG));
    await disk.send("SET", disk.key(COPY), "untouched");

    expect(await shortenTo(session, 3, { ts: 40, seq: 4 })).toEqual({ status: "done" });

    expect(await disk.send("XINFO", "STREAM", disk.key(LOG))).toEqual(before);
    expect(await disk.send("GET", disk.key(COPY))).toBe("untouched");
    const { heads, faults } = await session.openChannel(news, windowMs, options);
    expect([heads.get(first), faults.size]).toEqual([{ ...entries[2], line: undefined }, 0]);
    await disk.send("DEL", disk.key(COPY));
  });
});

describe("without memory", () => {
  async function setUp() {
    const redis = await startRedis("first");
    const store = createRedisStore({ url: redis.url, clock: systemClock, log: silentLog });
    onTestFinished(() => store.close());
    const neighborhood = parseNeighborhood("full");
    const session = await openNews(store, neighborhood);
    const entries = await fill(session, 500);
    const log = `dred:${neighborhood}:${LOG}`;
    await redis.send("XDEL", log, "30-3");
    return { redis, session, log, end: entries.at(-1)!, copy: `dred:${neighborhood}:${COPY}` };
  }

  test("a log is not copied, and one of which nothing is kept is removed", async () => {
    const { redis, session, log, end } = await setUp();
    await redis.send("CONFIG", "SET", "maxmemory", "1");

    await expect(shortenTo(session, 2, end)).rejects.toMatchObject({
      code: "store-damaged",
      detail: expect.stringMatching(/cannot be cut: .* Raise maxmemory/) as string,
    });

    expect(await redis.send("XLEN", log)).toBe(499);
    expect(await shortenTo(session, 0, end)).toEqual({ status: "done" });
    expect(await redis.send("EXISTS", log)).toBe(0);
  });

  test("nothing is written of a copy that would not fit", async () => {
    const { redis, session, log, end, copy } = await setUp();
    const used = /used_memory:(\d+)/.exec(String(await redis.send("INFO", "memory")))?.[1];
    const half = Number(await redis.send("MEMORY", "USAGE", log)) / 2;
    await redis.send("CONFIG", "SET", "maxmemory", String(Math.ceil(Number(used) + half)));

    await expect(shortenTo(session, 2, end)).rejects.toMatchObject({ code: "store-damaged" });

    expect(await redis.send("EXISTS", copy)).toBe(0);
  });
});
