import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { parseEpoch, parseServerId, START, toOriginId } from "@dred/protocol";
import type { DredError, Entry } from "@dred/protocol";
import {
  commitOf,
  describeStoreContract,
  entriesAfter,
  first,
  news,
  RedisDisk,
  redisUrl,
  silentLog,
  windowMs,
} from "@dred/testkit";
import type { StoreHarness } from "@dred/testkit";
import { afterEach, beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { systemClock } from "../../observe/systemClock.ts";
import type { OpenRequest, Store, StoreSession } from "../../replica/ports/Store.ts";
import { createRedisStore } from "./RedisStore.ts";

const DATABASE = 11;
const META = "{news~1}:meta";
const LOG = `{news~1}:log:${first}`;

async function createHarness(): Promise<StoreHarness> {
  const disk = await RedisDisk.open(DATABASE);
  return {
    createStore: () => disk.createStore(),
    neighborhood: disk.neighborhood,
    leaseMs: disk.leaseMs,
    flush: () => disk.flush(),
    async changeReplid(channel) {
      // Redis's own cannot be changed without the other tests noticing: the stamps are instead.
      const stamped = [disk.key("{registry}:state"), disk.key(`{${channel}}:meta`)];
      for (const key of stamped) await disk.send("HSET", key, "#replid", "another");
      await disk.send("HSET", disk.key("{server}:id"), "replid", "another");
    },
    async appendOnly(channel, origin, { ts, seq, line, chain }) {
      const key = disk.key(`{${channel}}:log:${origin}`);
      await disk.send("XADD", key, `${ts}-${seq}`, "l", line, "p", chain);
    },
    async stampNewer(channel) {
      await disk.send("HSET", disk.key(`{${channel}}:meta`), "#epoch", "zzzzzzzz00");
    },
    async remove(channel, part) {
      await disk.send("DEL", disk.key(`{${channel}}:${part}`));
    },
    async removeRegistry() {
      await disk.send("DEL", disk.key("{registry}:state"));
    },
    async spoil(channel, part) {
      await disk.send("SET", disk.key(`{${channel}}:${part}`), "of another type");
    },
    goAway: () => disk.proxy.cut(),
    comeBack: () => disk.proxy.restore(),
    close: () => disk[Symbol.asyncDispose](),
  };
}

describeStoreContract("RedisStore", createHarness);

describe("RedisStore", () => {
  let disk: RedisDisk;
  let store: Store;
  let options: { signal: AbortSignal };

  beforeEach(async () => {
    disk = await RedisDisk.open(DATABASE);
    store = disk.createStore();
    options = { signal: AbortSignal.timeout(15_000) };
  });
  afterEach(() => disk[Symbol.asyncDispose]());

  function request(): OpenRequest {
    return {
      neighborhood: disk.neighborhood,
      serverId: parseServerId("first"),
      instance: "one",
      isEpochLost: false,
      mintEpoch: () => parseEpoch("m2k9xqa7"),
    };
  }

  async function openNews(): Promise<StoreSession> {
    const session = await store.open(request(), options);
    await session.openChannel(news, windowMs, options);
    return session;
  }

  test("keeps a log as a stream of ts-seq, in the database of its URL", async () => {
    const session = await openNews();
    const [entry] = entriesAfter(START, 1) as [Entry];

    await session.commit(news, commitOf([entry]), options);

    expect(await disk.send("XRANGE", disk.key(LOG), "-", "+")).toEqual([
      ["10-1", ["l", entry.line, "p", entry.chain]],
    ]);
  });

  test("lets nothing expire but the index, and that at each write anew", async () => {
    const session = await openNews();
    const [one, two] = entriesAfter(START, 2) as [Entry, Entry];
    const index = disk.key("{news~1}:ocid:7");
    await session.commit(news, commitOf([one]), options);
    expect(await disk.send<number>("PTTL", index)).toBeLessThanOrEqual(3 * windowMs);
    await disk.send("PEXPIRE", index, String(windowMs));

    await session.commit(news, commitOf([two], { expected: one }), options);

    expect(await disk.send<number>("PTTL", index)).toBeGreaterThan(2 * windowMs);
    for (const key of [META, LOG, "{server}:id", "{registry}:state"]) {
      expect(await disk.send("PTTL", disk.key(key))).toBe(-1);
    }
  });

  test("leaves no connection open when it is closed while it connects", async () => {
    const url = new URL(redisUrl(DATABASE));
    const redis = { port: Number(url.port || 6379), host: url.hostname };
    const counts = { opened: 0, closed: 0 };
    const between = createServer((socket) => {
      counts.opened++;
      const target = connect(redis);
      for (const end of [socket, target]) end.on("error", () => end.destroy());
      socket.on("close", () => {
        counts.closed++;
        target.destroy();
      });
      socket.pipe(target).pipe(socket);
    }).listen(0, "127.0.0.1");
    onTestFinished(() => void between.close());
    await once(between, "listening");
    url.port = String((between.address() as AddressInfo).port);

    const closed = createRedisStore({ url: url.href, clock: systemClock, log: silentLog });
    await closed.close();

    await expect.poll(() => counts, { timeout: 5_000 }).toEqual({ opened: 2, closed: 2 });
  });

  test("R2: an epoch that was begun without notes is noted by the next process's commit", async () => {
    const own = toOriginId(parseServerId("first"), parseEpoch("m2k9xqa7"));
    const [one, two] = entriesAfter(START, 2) as [Entry, Entry];
    const before = await openNews();
    await before.commit(news, commitOf([one], { origin: own }), options);
    await disk.send("HDEL", disk.key("{server}:id"), "wrote:news~1");
    await before.close();

    const session = await openNews();
    expect(session.epoch).toBe(before.epoch);
    const commit = commitOf([two], { origin: own, expected: one });
    await session.commit(news, commit, options);
    await disk.send("DEL", disk.key(META), disk.key(`{news~1}:log:${own}`));

    await expect(session.openChannel(news, windowMs, options)).rejects.toMatchObject({
      code: "store-fenced",
    });
  });

  test.each([
    { name: LOG, untouched: ["{news~1}:ocid:7", "{news~1}:twins"] },
    { name: "{news~1}:twins", untouched: [LOG, "{news~1}:ocid:7"] },
    { name: "{news~1}:ocid:8", untouched: [LOG, "{news~1}:ocid:7"] },
  ])("writes nothing when $name has the wrong type", async ({ name, untouched }) => {
    const session = await openNews();
    await disk.send("SET", disk.key(name), "not ours");
    const before = await disk.send("HGETALL", disk.key(META));

    const commit = session.commit(news, commitOf(entriesAfter(START, 2)), options);

    await expect(commit).rejects.toMatchObject({ code: "store-damaged" });
    expect(await disk.send("HGETALL", disk.key(META))).toEqual(before);
    const keys = untouched.map((key) => disk.key(key));
    expect(await disk.send("EXISTS", ...keys)).toBe(0);
  });

  test("tells how much memory it uses, how much it may, and how to get more", async () => {
    const session = await openNews();

    const { usedBytes, limitBytes, howToRaise } = await session.memory(options);

    expect(usedBytes).toBeGreaterThan(100_000);
    expect(limitBytes).toBeGreaterThan(usedBytes);
    expect(howToRaise(24)).toMatch(/24 ?MB/);
  });

  test("loads its scripts again when Redis forgot them", async () => {
    const session = await openNews();
    await disk.send("SCRIPT", "FLUSH");

    const reply = await session.commit(news, commitOf(entriesAfter(START, 1)), options);

    expect(reply).toEqual({ status: "done" });
  });

  test("a registry write that arrives behind a later one is refused", async () => {
    const session = await openNews();
    await session.writeRegistry({ records: [["a", "later"]], mayExceedMemory: false }, options);
    await disk.send("HSET", disk.key("{registry}:state"), "#writes", "2");

    const late = session.writeRegistry(
      { records: [["a", "earlier"]], mayExceedMemory: false },
      options,
    );

    await expect(late).rejects.toMatchObject({ code: "store-unavailable" });
    expect(await session.loadRegistry(options)).toEqual([["a", "later"]]);
  });

  test("R3: a commit that was given up and arrives later changes nothing later", async () => {
    const session = await openNews();
    const [one, other] = [...entriesAfter(START, 1), ...entriesAfter(START, 1, "other")];
    disk.proxy.freeze();
    const late = session.commit(news, commitOf([one!]), options);
    await expect(late).rejects.toThrow(/outcome is unknown/);

    disk.proxy.restore();
    await expect
      .poll(() => session.renew(options).catch((error: DredError) => error.code), {
        timeout: 10_000,
      })
      .toBeUndefined();
    await session.openChannel(news, windowMs, options);
    const reply = await session.commit(news, commitOf([other!], { prefix: "e" }), options);

    const held = await disk.send<[string, string[]][]>("XRANGE", disk.key(LOG), "-", "+");
    expect(held).toHaveLength(1);
    const winner = reply.status === "done" ? other : one;
    expect(held[0]?.[1][1]).toBe(winner?.line);
  });

  test.each([
    { says: "redis_version:", instead: "redis_versiom:", detail: /use Redis 7 or later/ },
    { says: "role:master", instead: "role:slaves", detail: /give the URL of its primary/ },
    {
      says: "maxmemory_policy:noeviction",
      instead: "maxmemory_policy:xxeviction",
      detail: /CONFIG SET maxmemory-policy noeviction/,
    },
  ])("refuses a Redis that says $instead", async ({ says, instead, detail }) => {
    disk.proxy.rewrites.set(says, instead);

    const refusal = store.open(request(), options);

    await expect(refusal).rejects.toThrow(detail);
    await expect(refusal).rejects.toMatchObject({ code: "store-refused" });
  });

  test("asks CONFIG where INFO does not tell the policy", async () => {
    disk.proxy.rewrites.set("maxmemory_policy:", "maxmemory_unknwn:");

    const session = await store.open(request(), options);

    expect(session.epoch).toBe("m2k9xqa7");
  });

  test("a store that does not say in which windows it indexed did so in those asked for", async () => {
    const session = await openNews();
    await session.commit(news, commitOf(entriesAfter(START, 1)), options);
    expect(await disk.send("HDEL", disk.key(META), "#window")).toBe(1);

    const opened = await session.openChannel(news, 2 * windowMs, options);

    expect(opened.isIndexLost).toBe(false);
    expect(await disk.send("HGET", disk.key(META), "#window")).toBe("120000");
  });

  test("refuses a store of another layout", async () => {
    await disk.send("HSET", disk.key("{server}:id"), "layout", "99");

    await expect(store.open(request(), options)).rejects.toThrow(/layout 99/);
  });

  test("says at once why it cannot be opened: no server, no such database", async () => {
    const signal = AbortSignal.timeout(10_000);
    const nowhere = disk.createStore({ url: "redis://127.0.0.1:1/11", deadlineMs: 200 });
    const missing = disk.createStore({ url: new URL("/99999", disk.url).href, deadlineMs: 200 });

    await expect(nowhere.open(request(), { signal })).rejects.toMatchObject({
      code: "store-unavailable",
    });
    await expect(missing.open(request(), { signal })).rejects.toMatchObject({
      code: "store-refused",
    });
  });
});
