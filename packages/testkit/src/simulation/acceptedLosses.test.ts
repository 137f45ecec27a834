import { parseChannelName } from "@dred/protocol";
import type { OriginId } from "@dred/protocol";
import type { DiskChannel, Replica } from "@dred/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { channelOn, Hood, parkedOn, readLines, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* Entries that were deleted from a store, and that no other server has, are given up. */

const NEWS = parseChannelName("news");
const OLD = ["o1", "o2", "o3", "o4", "o5"];

let hood: Hood;
/** The origin that wrote `OLD`; its epoch is over, and the server that holds it is alone. */
let lost: OriginId;
let server: HoodServer;
let replica: Replica;

beforeEach(async () => {
  hood = new Hood();
  server = await hood.start("first", [{ url: urlOf("second") }]);
  replica = await hood.serving(server);
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  for (const ocid of OLD) await post(replica, ocid);
  lost = replica.origin;
  await beginEpoch();
  await post(replica, "n1");
});
afterEach(() => hood.end());

/** Its Redis was restarted, so it writes under a new origin. */
async function beginEpoch(): Promise<void> {
  server.kill();
  server.disk.changeReplid();
  await start();
}

/** Again on its disk. */
async function start(): Promise<void> {
  server = await hood.start("first", [{ url: urlOf("second") }], { disk: server.disk });
  replica = await hood.serving(server);
}

const post = (to: Replica, ocid: string): Promise<string> => hood.post(to, NEWS, ocid);
const diskOf = (of: HoodServer): DiskChannel => channelOn(of, NEWS);
const ocidsOn = (on: Replica): Promise<string[]> => hood.ocids(on, NEWS);

function digestsOn(on: Replica): string[] {
  return on
    .replication()
    .origins.map(({ origin, count, digest }) => `${origin} ${count} ${digest}`);
}

/** The place of the nth entry of the log as the store holds it. */
function placeOf(nth: number): { ts: number; seq: number } {
  const { ts, seq } = diskOf(server).logs.get(lost)?.[nth - 1] ?? { ts: 0, seq: 0 };
  return { ts, seq };
}

async function joinLate(): Promise<Replica> {
  const late = await hood.start("second", [{ url: urlOf("first") }]);
  const joined = await hood.serving(late);
  await hood.until(() => digestsOn(joined).join() === digestsOn(replica).join());
  return joined;
}

describe("by a lone server", () => {
  test("R5: a log that lost its key is dead through its head, and history goes on", async () => {
    const through = placeOf(5);
    diskOf(server).remove(`log:${lost}`);
    await expect(ocidsOn(replica)).rejects.toMatchObject({ code: "store-damaged" });
    expect(parkedOn(replica)).toEqual(["damaged"]);

    expect(await hood.done(replica.acceptGap(NEWS, lost))).toEqual(through);

    expect(parkedOn(replica)).toEqual([]);
    expect(await ocidsOn(replica)).toEqual(["n1"]);
    expect(await post(replica, "n2")).toBe("created");
    const late = await joinLate();
    expect(parkedOn(late)).toEqual([]);
    expect(await ocidsOn(late)).toEqual(["n1", "n2"]);
  });

  test("R5: of a log that lost its middle, what lies behind lives on but the first", async () => {
    const through = placeOf(4);
    diskOf(server).logs.get(lost)?.splice(1, 2);
    await expect(ocidsOn(replica)).rejects.toMatchObject({ code: "store-damaged" });

    expect(await hood.done(replica.acceptGap(NEWS, lost))).toEqual(through);

    expect(parkedOn(replica)).toEqual([]);
    expect(await ocidsOn(replica)).toEqual(["o5", "n1"]);
    const late = await joinLate();
    expect(parkedOn(late)).toEqual([]);
    expect(await ocidsOn(late)).toEqual(["o5", "n1"]);
  });

  test("R5: of a log that lost its end, all is dead, also what it held", async () => {
    const through = placeOf(5);
    server.kill();
    diskOf(server).logs.get(lost)?.splice(3, 2);
    await start();
    expect(parkedOn(replica)).toEqual(["damaged"]);

    expect(await hood.done(replica.acceptGap(NEWS, lost))).toEqual(through);

    expect(parkedOn(replica)).toEqual([]);
    expect(await ocidsOn(replica)).toEqual(["n1"]);
    const late = await joinLate();
    expect(await ocidsOn(late)).toEqual(["n1"]);
  });

  test("R5: of a log with two holes each is given up by itself", async () => {
    diskOf(server).logs.get(lost)?.splice(3, 1);
    diskOf(server).logs.get(lost)?.splice(0, 1);
    await expect(ocidsOn(replica)).rejects.toMatchObject({ code: "store-damaged" });

    await hood.done(replica.acceptGap(NEWS, lost));
    expect(parkedOn(replica)).toEqual(["damaged"]);
    await hood.done(replica.acceptGap(NEWS, lost));

    expect(parkedOn(replica)).toEqual([]);
    expect(await ocidsOn(replica)).toEqual(["n1"]);
    await expect(hood.done(replica.acceptGap(NEWS, lost))).rejects.toMatchObject({
      code: "no-gap",
    });
  });

  test("R7: listeners are told that it is gone, and get what follows", async () => {
    const second = placeOf(2);
    const fourth = placeOf(4);
    diskOf(server).logs.get(lost)?.splice(2, 1);
    const lines = readLines(replica, NEWS, { kind: "start" });
    await hood.until(() => parkedOn(replica).length === 1);

    await hood.done(replica.acceptGap(NEWS, lost));
    await hood.until(() => lines.some(({ ocid }) => ocid === "o5"));

    const told = lines.filter(({ type }) => type === "note" || type === "gap");
    const gap = { reason: "gone", origin: lost, after: midOf(second), through: midOf(fourth) };
    expect(new Set(told.map(({ ocid }) => ocid))).toEqual(
      new Set(["o1", "o2", undefined, "n1", "o5"]),
    );
    expect(told.filter(({ type }) => type === "gap")).toMatchObject([gap]);
  });

  test("R5: history goes on also while the store cannot do what is to be done", async () => {
    diskOf(server).remove(`log:${lost}`);
    await expect(ocidsOn(replica)).rejects.toMatchObject({ code: "store-damaged" });
    server.disk.faultOf = (operation) => (operation === "skip" ? "unreachable" : "none");
    await hood.done(replica.acceptGap(NEWS, lost));
    expect(parkedOn(replica)).toEqual(["damaged"]);

    expect(await ocidsOn(replica)).toEqual(["n1"]);
    server.disk.faultOf = () => "none";
    await hood.until(() => parkedOn(replica).length === 0);
    expect(await ocidsOn(replica)).toEqual(["n1"]);
  });
});

test("R5: what the store lost and has outlived its lifetime holds nothing up", async () => {
  const name = parseChannelName("brief");
  await hood.done(replica.createChannel(name, { options: { messageLifetime: 60_000 } }));
  await hood.done(replica.post(name, { type: "note", msg: "", ocid: "b1" }, ""));
  const { origin } = replica;
  await beginEpoch();
  const disk = channelOn(server, name);
  const read = () => hood.history(replica, name);
  const head = disk.heads.get(origin);
  disk.remove(`log:${origin}`);
  await expect(read()).rejects.toMatchObject({ code: "store-damaged" });

  await hood.pass(61_000);
  expect(await read()).toEqual([]);
  await hood.until(() => parkedOn(replica).length === 0);
  expect(disk.bases.get(origin)).toEqual(head);
});

test.each([100, 5_000])("R5: what a server linked for %i ms has is not given up", async (ms) => {
  const other = await joinLate();
  await hood.pass(ms);
  diskOf(server).remove(`log:${lost}`);
  await expect(ocidsOn(replica)).rejects.toMatchObject({ code: "store-damaged" });

  await expect(hood.done(replica.acceptGap(NEWS, lost))).rejects.toMatchObject({
    code: "no-gap",
    detail: expect.stringContaining("linked server") as string,
  });
  await hood.until(() => parkedOn(replica).length === 0);

  expect(await ocidsOn(replica)).toEqual([...OLD, "n1"]);
  expect(digestsOn(replica)).toEqual(digestsOn(other));
});

test("R8: what one server holds behind the hole that it gave up comes to one that lost all", async () => {
  const late = await hood.start("second", [{ url: urlOf("first") }]);
  const other = await hood.serving(late);
  await hood.until(() => digestsOn(other).join() === digestsOn(replica).join());
  hood.network.cut("first", "second");
  hood.network.cut("second", "first");
  diskOf(server).remove(`log:${lost}`);
  diskOf(late).logs.get(lost)?.splice(1, 2);
  for (const each of [replica, other]) {
    await expect(ocidsOn(each)).rejects.toMatchObject({ code: "store-damaged" });
  }
  hood.network.healAll();
  await hood.until(() => digestsOn(other).join() === digestsOn(replica).join());
  expect([...parkedOn(replica), ...parkedOn(other)]).toEqual(["damaged", "damaged"]);
  await hood.pass(5_000); // each has heard what the other has

  await hood.done(other.acceptGap(NEWS, lost));
  await hood.until(() => [...parkedOn(replica), ...parkedOn(other)].length === 0);

  expect(digestsOn(other)).toEqual(digestsOn(replica));
  expect(await ocidsOn(replica)).toEqual(["o5", "n1"]);
  expect(await ocidsOn(other)).toEqual(["o5", "n1"]);
});

function midOf({ ts, seq }: { readonly ts: number; readonly seq: number }): string {
  return `${ts}-${seq}`;
}
