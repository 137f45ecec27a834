import { parseEpoch, parseServerId, START } from "@dred/protocol";
import type { Entry, Head } from "@dred/protocol";
import { chainOf, commitOf, entriesAfter, first, news, rangeOf } from "@dred/testkit";
import { RedisDisk, windowMs } from "@dred/testkit";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Store, StoreSession } from "../../replica/ports/Store.ts";
import { scripts } from "./scripts.ts";
import type { Script } from "./scripts.ts";

const LOG = `{news~1}:log:${first}`;

describe("a script that dies after its write number", () => {
  let disk: RedisDisk;
  let store: Store;
  let options: { signal: AbortSignal };

  beforeEach(async () => {
    disk = await RedisDisk.open(17);
    store = disk.createStore();
    options = { signal: AbortSignal.timeout(15_000) };
  });
  afterEach(() => disk[Symbol.asyncDispose]());

  async function openNews(): Promise<StoreSession> {
    const { neighborhood } = disk;
    const mintEpoch = () => parseEpoch("m2k9xqa7");
    const serverId = parseServerId("first");
    const request = { neighborhood, serverId, instance: "one", isEpochLost: false, mintEpoch };
    const session = await store.open(request, options);
    await session.openChannel(news, windowMs, options);
    return session;
  }

  /** The most writes that a script of these tests makes, less one. */
  const deaths = [0, 1, 2, 3, 4, 5];

  /** Runs `act` while the script dies after `writes` of its writes; tells whether it died. */
  async function whileDying(
    script: Script,
    writes: number,
    act: () => Promise<unknown>,
  ): Promise<boolean> {
    const original = { ...script };
    const lineEnd = original.text.indexOf("\n") + 1;
    const text = original.text.slice(0, lineEnd) + dying(writes) + original.text.slice(lineEnd);
    const sha = await disk.send<string>("SCRIPT", "LOAD", text);
    Object.assign(script, { text, sha });
    const message = await act().then(() => "", String);
    Object.assign(script, original);
    return message.includes("died");
  }

  /** Counts writes and raises an error instead of the one after. */
  function dying(writes: number): string {
    return `
      local real, left = redis, ${writes}
      local reading = {INFO = 1, TIME = 1, XLEN = 1, HLEN = 1, HGET = 1, HMGET = 1, HGETALL = 1,
        XREVRANGE = 1, XRANGE = 1, XINFO = 1, TYPE = 1}
      local function counted(call)
        return function(name, ...)
          if not reading[name] then
            if left == 0 then error('died') end
            left = left - 1
          end
          return call(name, ...)
        end
      end
      local redis = {call = counted(real.call), pcall = counted(real.pcall)}
    `;
  }

  /** Opens the channel and indexes what its log holds beyond its head. */
  async function settle(session: StoreSession, prefix = "d"): Promise<Head> {
    const { heads, faults } = await session.openChannel(news, windowMs, options);
    const head = heads.get(first) ?? START;
    if (!faults.has(first)) return head;
    expect(faults.get(first)).toBe("ahead");
    const entries = await session.range(news, rangeOf({ afterTs: head.ts }), options);
    let plan = commitOf(entries, { expected: head, prefix });
    const reply = await session.reindex(news, plan, options);
    if (reply.status === "known") {
      const told = plan.identities.map((identity) => {
        expect(reply.values.get(identity.digest) ?? identity.value).toBe(identity.value);
        return { ...identity, expected: reply.values.get(identity.digest) ?? "" };
      });
      plan = { ...plan, identities: told };
      expect(await session.reindex(news, plan, options)).toEqual({ status: "done" });
    }
    return settle(session, prefix);
  }

  async function expectWhole(session: StoreSession): Promise<void> {
    const head = await settle(session);
    const { bases } = await session.openChannel(news, windowMs, options);
    const entries = await session.range(news, rangeOf(), options);
    const seqs = entries.map(({ seq }) => seq);
    const base = bases.get(first)?.seq ?? 0;
    expect(seqs).toEqual(Array.from({ length: head.seq - base }, (_, n) => base + n + 1));
    const next = commitOf(entriesAfter(head, 1), { expected: head, prefix: "next" });
    expect(await session.commit(news, next, options)).toEqual({ status: "done" });
    const digests = entries.map(({ seq }) => ({ digest: `d${seq}`, value: "v", expected: "" }));
    for (const identity of digests) {
      const again = entriesAfter({ ts: head.ts + 10, seq: head.seq + 1 }, 1);
      const repeat = {
        ...commitOf(again, { expected: next.entries[0]! }),
        identities: [identity],
      };
      expect(await session.commit(news, repeat, options)).toMatchObject({ status: "known" });
    }
  }

  test.each(deaths)("%i leaves a commit whole, R1", async (writes) => {
    const session = await openNews();
    const entries = entriesAfter(START, 2);
    const twins = new Map([["d1", "a,b"]]);

    const hasDied = await whileDying(scripts.commitEntries, writes, () =>
      session.commit(news, commitOf(entries, { twins }), options),
    );

    expect(hasDied).toBe(true);
    await expectWhole(session);
  });

  test.each(deaths)("%i leaves a skip and a trim whole, R1", async (writes) => {
    const session = await openNews();
    const entries = entriesAfter(START, 3);
    await session.commit(news, commitOf(entries), options);
    const base = { ts: 20, seq: 2, chain: chainOf(2) };
    const hasDied = await whileDying(scripts.trimLog, writes, () =>
      session.trim(news, { origin: first, base, twinsGone: ["d1", "d2"] }, options),
    );
    expect(hasDied).toBe(writes < 4);
    await session.openChannel(news, windowMs, options);
    const gap = { ts: 90, seq: 9, chain: chainOf(9) };

    const hasDiedAgain = await whileDying(scripts.skipEntries, writes, () =>
      session.skip(news, { origin: first, expected: entries[2]!, base: gap }, options),
    );
    expect(hasDiedAgain).toBe(writes < 3);

    await expectWhole(session);
  });

  test.each([0, 1, 2, 3, 4])("%i leaves a reindexing whole, R1", async (writes) => {
    const session = await openNews();
    const [one, two] = entriesAfter(START, 2) as [Entry, Entry];
    await session.commit(news, commitOf([one]), options);
    await disk.send("XADD", disk.key(LOG), "20-2", "l", two.line, "p", two.chain);
    const plan = commitOf([two], { expected: one, twins: new Map([["d1", "a,b"]]) });

    const hasDied = await whileDying(scripts.reindexEntries, writes, () =>
      session.reindex(news, plan, options),
    );

    expect(hasDied).toBe(writes < 4);
    await expectWhole(session);
  });

  test.each([
    { name: "shortenLog", writes: 0 },
    { name: "shortenLog", writes: 1 },
    { name: "shortenLog", writes: 2 },
    { name: "copyLog", writes: 0 },
    { name: "copyLog", writes: 1 },
    { name: "copyLog", writes: 2 },
    { name: "copyLog", writes: 3 },
  ] as const)("$writes of $name leaves a shortening to be done again, R1", async (dying) => {
    const session = await openNews();
    const entries = entriesAfter(START, 4);
    await session.commit(news, commitOf(entries), options);
    await disk.send("XDEL", disk.key(LOG), "30-3");
    const head = { ts: 20, seq: 2, chain: chainOf(2) };
    const cut = { origin: first, expected: entries[3]!, head };

    const hasDied = await whileDying(scripts[dying.name], dying.writes, () =>
      session.shorten(news, cut, options),
    );

    expect(hasDied).toBe(true);
    expect((await session.openChannel(news, windowMs, options)).faults.get(first)).toBe("broken");
    expect(await session.shorten(news, cut, options)).toEqual({ status: "done" });
    expect(await disk.send("PTTL", disk.key(LOG))).toBe(-1);
    await expectWhole(session);
  });

  test.each([0, 1])("%i leaves an opening whole, R1", async (writes) => {
    const session = await openNews();
    const [one, two] = entriesAfter(START, 2) as [Entry, Entry];
    await session.commit(news, commitOf([one]), options);
    const base = { ts: one.ts, seq: one.seq, chain: one.chain };
    await session.trim(news, { origin: first, base, twinsGone: [] }, options);
    await disk.send("XADD", disk.key(LOG), "20-2", "l", two.line, "p", two.chain);

    const hasDied = await whileDying(scripts.openChannel, writes, () =>
      session.openChannel(news, windowMs, options),
    );

    expect(hasDied).toBe(true);
    await expectWhole(session);
  });

  test.each([0, 1, 2])(
    "%i leaves what is to be indexed anew to be said again, R6",
    async (writes) => {
      const session = await openNews();
      await session.commit(news, commitOf(entriesAfter(START, 1)), options);
      const spoiled = ["twins", "ocid:7"].map((part) => disk.key(`{news~1}:${part}`));
      for (const key of spoiled) await disk.send("SET", key, "of another type");

      const hasDied = await whileDying(scripts.openChannel, writes, () =>
        session.openChannel(news, windowMs, options),
      );

      expect(hasDied).toBe(true);
      const { isIndexLost } = await session.openChannel(news, windowMs, options);
      expect(isIndexLost).toBe(true);
    },
  );

  test("leaves an index unsettled when it is the first, R6", async () => {
    const session = await openNews();
    await session.openChannel(news, 2 * windowMs, options);

    const hasDied = await whileDying(scripts.settleIndex, 0, () =>
      session.settleIndex(news, 2 * windowMs, options),
    );

    expect(hasDied).toBe(true);
    const { isIndexLost } = await session.openChannel(news, 2 * windowMs, options);
    expect(isIndexLost).toBe(true);
  });
});
