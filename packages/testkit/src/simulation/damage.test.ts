import { parseChannelKey, parseChannelName, parseNeighborhood, toChannelKey } from "@dred/protocol";
import type { Replica } from "@dred/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Hood, parkedOn, readLines, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* What happens to two servers when keys of one channel are deleted or replaced in a store. */

const NEWS = parseChannelName("news");
const SHORT = parseChannelName("short");
const KEY = parseChannelKey("news~0");

let hood = new Hood();
let first: HoodServer;
let second: HoodServer;
let a: Replica;
let b: Replica;

beforeEach(async () => {
  hood = new Hood();
  first = await hood.start("first", [{ url: urlOf("second") }]);
  second = await hood.start("second", [{ url: urlOf("first") }]);
  [a, b] = [await hood.serving(first), await hood.serving(second)];
  await hood.done(a.createChannel(NEWS, { options: {} }));
  for (const [replica, ocid] of [
    [a, "a1"],
    [a, "a2"],
    [b, "b1"],
    [a, "a3"],
  ] as const) {
    await post(replica, ocid);
  }
  await hood.until(() => b.channel(NEWS)?.count === 4 && a.channel(NEWS)?.count === 4);
});
afterEach(() => hood.end());

async function post(replica: Replica, ocid: string, name = NEWS): Promise<string> {
  const reply = await hood.done(replica.post(name, { type: "note", msg: ocid, ocid }, ""));
  return reply.status;
}

function channelOn({ disk }: HoodServer, name = NEWS) {
  return disk.area(parseNeighborhood("sim")).channel(toChannelKey(name, 0));
}

async function linesOn(server: HoodServer): Promise<readonly string[]> {
  const replica = await hood.serving(server);
  return hood.history(replica, NEWS);
}

async function ocidsOn(server: HoodServer): Promise<string[]> {
  return hood.ocids(await hood.serving(server), NEWS);
}

const ALL = ["a1", "a2", "b1", "a3"];

/** Posts on the second server, whose epoch ends by that; its next one, when all is there again. */
async function nextEpoch(): Promise<Replica> {
  await post(b, "b2").catch(() => undefined);
  await hood.done(b.ended);
  const later = await hood.serving(second);
  expect(later.origin).not.toBe(b.origin);
  await hood.until(() => later.channel(NEWS)?.count === 4, 10_000);
  return later;
}

describe("a log of another server", () => {
  test("R1: that lost its key is noticed by a reader, and comes back without a post", async () => {
    channelOn(second).remove(`log:${a.origin}`);

    await expect(ocidsOn(second)).rejects.toMatchObject({
      code: "store-damaged",
      detail: expect.stringContaining(a.origin) as string,
    });
    expect(parkedOn(b)).toEqual(["damaged"]);
    await hood.until(() => parkedOn(b).length === 0, 10_000);

    expect(await ocidsOn(second)).toEqual(ALL);
    expect(b.replication().origins).toHaveLength(2);
    expect(await post(b, "a1")).toBe("duplicate");
  });

  test("R1: that lost its key while the server was down comes back without a post", async () => {
    second.kill();
    channelOn(second).remove(`log:${a.origin}`);

    second = await hood.start("second", [{ url: urlOf("first") }], { disk: second.disk });
    b = await hood.serving(second);
    await hood.until(() => b.channel(NEWS)?.count === 4, 10_000);

    expect(await ocidsOn(second)).toEqual(ALL);
    expect(await post(b, "a3")).toBe("duplicate");
  });

  test("R1: that lost its key is noticed by the next entry, which is not lost", async () => {
    channelOn(second).remove(`log:${a.origin}`);
    const lines = readLines(b, NEWS);

    await post(a, "a4");
    await hood.until(() => b.channel(NEWS)?.count === 5, 10_000);

    expect(await ocidsOn(second)).toEqual([...ALL, "a4"]);
    expect(lines.filter(({ type }) => type === "note").map(({ ocid }) => ocid)).toEqual(["a4"]);
    expect(lines.map(({ type }) => type)).not.toContain("gap");
  });

  test("R1: that lost an entry in its middle keeps what lies behind until a peer sends all", async () => {
    hood.network.cut("first", "second");
    hood.network.cut("second", "first");
    channelOn(second).logs.get(a.origin)?.splice(1, 1);
    await expect(ocidsOn(second)).rejects.toMatchObject({ code: "store-damaged" });
    await hood.pass(5_000);
    expect(channelOn(second).logs.get(a.origin)).toHaveLength(2);
    expect(await post(b, "b2")).toBe("created");

    hood.network.healAll();
    await hood.until(() => parkedOn(b).length === 0, 10_000);

    expect(await ocidsOn(second)).toEqual([...ALL, "b2"]);
  });

  test("R1: that lost its key and its channel's record is refused until it is back", async () => {
    await hood.done(a.createChannel(SHORT, { options: {} }));
    await hood.until(() => b.channel(SHORT) !== undefined);
    await post(a, "s1", SHORT);
    await hood.until(() => b.channel(SHORT)?.count === 1);
    for (const part of channelOn(second, SHORT).parts()) channelOn(second, SHORT).remove(part);

    await expect(hood.history(b, SHORT)).rejects.toMatchObject({ code: "store-damaged" });
    expect(parkedOn(b)).toEqual(["damaged"]);
    await hood.until(() => parkedOn(b).length === 0, 10_000);

    expect(await hood.ocids(b, SHORT)).toEqual(["s1"]);
  });

  test("R12: of another type is parked alone, and heals once the key is removed", async () => {
    channelOn(second).spoil(`log:${a.origin}`);
    const lines = readLines(b, NEWS, { kind: "start" });

    await hood.until(() => parkedOn(b).length > 0);
    expect(await post(b, "b2")).toBe("created");
    await post(a, "a4");
    await hood.until(() => lines.some(({ ocid }) => ocid === "b2"));
    const log = b.replication().origins.find(({ origin }) => origin === a.origin)?.parked[0];
    expect(log).toMatchObject({ channel: KEY, reason: "damaged", head: "0-0", from: "second" });
    expect(log?.detail).toMatch(/remove it/);
    await expect(ocidsOn(second)).rejects.toMatchObject({ code: "store-damaged" });

    channelOn(second).remove(`log:${a.origin}`);
    await hood.until(() => parkedOn(b).length === 0, 70_000);

    expect(await ocidsOn(second)).toEqual([...ALL, "b2", "a4"]);
    const ocids = lines.filter(({ type }) => type === "note").map(({ ocid }) => ocid);
    expect(new Set(ocids)).toEqual(new Set([...ALL, "b2", "a4"]));
    expect(ocids).toHaveLength(6);
  });
});

describe("the log that a server writes", () => {
  test.each(["remove", "spoil"] as const)(
    "R2: %s ends the epoch; peers give it back",
    async (harm) => {
      const lost = `log:${b.origin}`;
      channelOn(second)[harm](lost);

      await post(b, "b2").catch(() => undefined);
      await hood.done(b.ended);
      if (harm === "spoil") channelOn(second).remove(lost);
      await hood.until(() => second.keeper.current().origin !== b.origin);
      const later = await hood.serving(second);
      await hood.until(
        () => (later.channel(NEWS)?.count ?? 0) >= 4 && parkedOn(later).length === 0,
        70_000,
      );

      expect(await post(later, "b1")).toBe("duplicate");
      await post(later, "b2");
      expect(await ocidsOn(second)).toEqual([...ALL, "b2"]);
    },
  );

  test("R2: lost while the server was down, it does not continue its epoch", async () => {
    second.kill();
    channelOn(second).remove(`log:${b.origin}`);

    second = await hood.start("second", [{ url: urlOf("first") }], { disk: second.disk });
    const later = await hood.serving(second);
    expect(later.origin).not.toBe(b.origin);
    await hood.until(() => later.channel(NEWS)?.count === 4, 10_000);

    expect(await ocidsOn(second)).toEqual(ALL);
  });

  test("R2: lost with its channel's record while the server was down, no number is used again", async () => {
    second.kill();
    for (const part of channelOn(second).parts()) channelOn(second).remove(part);

    second = await hood.start("second", [{ url: urlOf("first") }], { disk: second.disk });
    const later = await hood.serving(second);
    await hood.until(() => later.channel(NEWS)?.count === 4, 10_000);
    expect(await post(later, "b2")).toBe("created");

    expect(later.origin).not.toBe(b.origin);
    await hood.until(() => a.channel(NEWS)?.count === 5, 10_000);
    for (const server of [first, second]) expect(await ocidsOn(server)).toEqual([...ALL, "b2"]);
  });

  test("R2: lost with its channel's record while the server runs, no number is used again", async () => {
    channelOn(second).remove(`log:${b.origin}`);
    channelOn(second).remove("meta");

    await nextEpoch();

    expect(await ocidsOn(second)).toEqual(ALL);
  });

  describe("lost with an entry that nobody else had", () => {
    let later: Replica;

    beforeEach(async () => {
      await hood.done(a.createChannel(SHORT, { options: { messageLifetime: 60_000 } }));
      await hood.until(() => b.channel(SHORT) !== undefined);
      hood.network.cut("first", "second");
      hood.network.cut("second", "first");
      await post(b, "b2");
      await post(b, "s1", SHORT);
      second.kill();
      channelOn(second).remove(`log:${b.origin}`);
      channelOn(second, SHORT).remove(`log:${b.origin}`);
      hood.network.healAll();
      // It goes on behind what came back; from the next start on nothing tells of the rest.
      await restart();
      second.kill();
      later = await restart();
    });

    async function restart(): Promise<Replica> {
      second = await hood.start("second", [{ url: urlOf("first") }], { disk: second.disk });
      const replica = await hood.serving(second);
      await hood.until(() => replica.channel(NEWS)?.count === 4, 10_000);
      return replica;
    }

    test("R4: it is appended again when it is posted again, once", async () => {
      expect(await post(later, "b2")).toBe("created");
      expect(await post(later, "b2")).toBe("duplicate");

      await hood.until(() => a.channel(NEWS)?.count === 5);
      for (const server of [first, second]) expect(await ocidsOn(server)).toEqual([...ALL, "b2"]);
    });

    test("R10: what is noted of it goes when its twin has died", async () => {
      expect(await post(later, "s1", SHORT)).toBe("created");
      expect(channelOn(second, SHORT).twins.size).toBe(1);

      await hood.until(() => channelOn(second, SHORT).twins.size === 0, 200_000);
    });

    test.each(["b2", "other"])("R8: it neither hides nor flags a twin with %s", async (msg) => {
      await hood.done(a.post(NEWS, { type: "note", msg, ocid: "b2" }, ""));
      await hood.until(() => later.channel(NEWS)?.count === 5);

      const [here, there] = [await linesOn(first), await linesOn(second)];
      expect(here).toHaveLength(5);
      expect(there).toEqual(here);
    });
  });

  test("R2: a channel that lost its record ends the epoch and is read from its logs", async () => {
    channelOn(second).remove("meta");

    const later = await nextEpoch();

    expect(await post(later, "a2")).toBe("duplicate");
    expect(await ocidsOn(second)).toEqual(ALL);
  });
});

test("R11: a log that was trimmed, and lost its record, goes whole to a server that joins", async () => {
  const kept = parseChannelName("kept");
  await hood.done(b.createChannel(kept, { options: { maxMessages: 2 } }));
  for (const ocid of ["b1", "b2", "b3", "b4"]) await post(b, ocid, kept);
  await hood.until(() => channelOn(second, kept).bases.get(b.origin)?.seq === 2);
  first.kill(); // now the base's chain hash stands in that record alone
  channelOn(second, kept).remove("meta");
  await post(b, "b5", kept).catch(() => undefined);
  await hood.done(b.ended);
  await hood.pass(1_000);
  const later = await hood.serving(second);

  const third = await hood.serving(await hood.start("third", [{ url: urlOf("second") }]));

  await hood.until(() => third.channel(kept)?.count === later.channel(kept)?.count);
  expect(await hood.ocids(third, kept)).toEqual(await hood.ocids(later, kept));
  expect(await hood.ocids(third, kept)).toContain("b4");
  expect(parkedOn(third)).toEqual([]);
});

test.each(["twins", "ocid"])("P15: %s of another type is made anew from the logs", async (kind) => {
  const roll = Math.floor(hood.clock.now() / (48 * 3_600_000));
  channelOn(second).spoil(kind === "twins" ? "twins" : `ocid:${roll}`);

  expect(await post(b, "b2")).toBe("created");

  for (const ocid of ["b1", "a1", "b2"]) expect(await post(b, ocid)).toBe("duplicate");
  expect(parkedOn(b)).toEqual([]);
});

test("P15: posts of a commit that died half-way are duplicates when they are repeated", async () => {
  second.disk.faultOf = (operation) => (operation === "commit" ? { diesAfter: 3 } : "none");
  const posts = ["b2", "b3", "b4"].map((ocid) =>
    b.post(NEWS, { type: "note", msg: ocid, ocid }, ""),
  );
  const outcomes = await hood.done(Promise.allSettled(posts));
  expect(outcomes.map(({ status }) => status)).toEqual(["rejected", "rejected", "rejected"]);

  second.disk.faultOf = () => "none";

  expect(await post(b, "b2")).toBe("duplicate");
  for (const ocid of ["b3", "b4"]) await post(b, ocid);
  expect(await ocidsOn(second)).toEqual([...ALL, "b2", "b3", "b4"]);
});
