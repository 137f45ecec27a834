import { parseChannelKey, parseChannelName } from "@dred/protocol";
import type { Replica } from "@dred/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { channelOn, Hood, parkedOn, readLines, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* What happens to two servers when keys of one channel are deleted or replaced in a store. */

const NEWS = parseChannelName("news");
const SHORT = parseChannelName("short");
const KEY = parseChannelKey("news~0");
const ALL = ["a1", "a2", "b1", "a3"];

let hood: Hood;
let second: HoodServer;
let a: Replica;
let b: Replica;

beforeEach(async () => {
  hood = new Hood();
  ({ second, a, b } = await hood.startPair());
  await hood.done(a.createChannel(NEWS, { options: {} }));
  await post(a, "a1");
  await post(a, "a2");
  await post(b, "b1");
  await post(a, "a3");
  await hood.until(() => b.channel(NEWS)?.count === 4 && a.channel(NEWS)?.count === 4);
});
afterEach(() => hood.end());

const post = (replica: Replica, ocid: string, name = NEWS): Promise<string> =>
  hood.post(replica, name, ocid);

async function ocidsOn(server: HoodServer): Promise<string[]> {
  return hood.ocids(await hood.serving(server), NEWS);
}

/** Starts the second server again, on the same disk. */
async function restart(): Promise<Replica> {
  second = await hood.start("second", [{ url: urlOf("first") }], { disk: second.disk });
  return hood.serving(second);
}

describe("a log of another server", () => {
  test("R1: that lost its key is noticed by a reader, and comes back without a post", async () => {
    channelOn(second, NEWS).remove(`log:${a.origin}`);

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
    channelOn(second, NEWS).remove(`log:${a.origin}`);

    b = await restart();
    await hood.until(() => b.channel(NEWS)?.count === 4, 10_000);

    expect(await ocidsOn(second)).toEqual(ALL);
    expect(await post(b, "a3")).toBe("duplicate");
  });

  test("R1: that lost its key is noticed by the next entry, which is not lost", async () => {
    channelOn(second, NEWS).remove(`log:${a.origin}`);
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
    channelOn(second, NEWS).logs.get(a.origin)?.splice(1, 1);
    await expect(ocidsOn(second)).rejects.toMatchObject({ code: "store-damaged" });
    await hood.pass(5_000);
    expect(channelOn(second, NEWS).logs.get(a.origin)).toHaveLength(2);
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

  test("R2: whose channel's record is lost as well ends the epoch when what is dead of it goes", async () => {
    await hood.done(a.createChannel(SHORT, { options: { messageLifetime: 10_000 } }));
    await hood.until(() => b.channel(SHORT) !== undefined);
    for (const ocid of ["s1", "s2", "s3"]) await post(a, ocid, SHORT);
    await hood.until(() => b.channel(SHORT)?.count === 3);
    channelOn(second, SHORT).logs.get(a.origin)?.splice(1, 1);
    hood.network.cut("first", "second"); // nobody gives back what is lost
    await expect(hood.history(b, SHORT)).rejects.toMatchObject({ code: "store-damaged" });
    channelOn(second, SHORT).remove("meta");

    await hood.pass(30_000);

    await hood.done(b.ended);
    await hood.pass(1_000);
    expect(second.keeper.current().origin).not.toBe(b.origin);
  });

  test("R12: of another type is parked alone, and heals once the key is removed", async () => {
    channelOn(second, NEWS).spoil(`log:${a.origin}`);
    const lines = readLines(b, NEWS, { kind: "start" });

    await hood.until(() => parkedOn(b).length > 0);
    expect(await post(b, "b2")).toBe("created");
    await post(a, "a4");
    await hood.until(() => lines.some(({ ocid }) => ocid === "b2"));
    const log = b.replication().origins.find(({ origin }) => origin === a.origin)?.parked[0];
    expect(log).toMatchObject({ channel: KEY, reason: "damaged", head: "0-0", from: "second" });
    expect(log?.detail).toMatch(/remove it/);
    await expect(ocidsOn(second)).rejects.toMatchObject({ code: "store-damaged" });

    channelOn(second, NEWS).remove(`log:${a.origin}`);
    await hood.until(() => parkedOn(b).length === 0, 70_000);

    expect(await ocidsOn(second)).toEqual([...ALL, "b2", "a4"]);
    const ocids = lines.filter(({ type }) => type === "note").map(({ ocid }) => ocid);
    expect(new Set(ocids)).toEqual(new Set([...ALL, "b2", "a4"]));
    expect(ocids).toHaveLength(6);
  });
});

test.each(["twins", "ocid"])("P15: %s of another type is made anew from the logs", async (kind) => {
  const roll = Math.floor(hood.clock.now() / (48 * 3_600_000));
  channelOn(second, NEWS).spoil(kind === "twins" ? "twins" : `ocid:${roll}`);

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
