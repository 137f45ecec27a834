import { parseChannelName } from "@dred/protocol";
import type { Replica } from "@dred/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { channelOn, Hood, parkedOn, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* What happens when a store loses some of the log that its own server writes. */

const NEWS = parseChannelName("news");
const SHORT = parseChannelName("short");
const ALL = ["a1", "a2", "b1", "a3"];

let hood: Hood;
let first: HoodServer;
let second: HoodServer;
let a: Replica;
let b: Replica;

beforeEach(async () => {
  hood = new Hood();
  ({ first, second, a, b } = await hood.startPair());
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

async function linesOn(server: HoodServer): Promise<readonly string[]> {
  const replica = await hood.serving(server);
  return hood.history(replica, NEWS);
}

async function ocidsOn(server: HoodServer): Promise<string[]> {
  return hood.ocids(await hood.serving(server), NEWS);
}

/** Starts the second server again, on the same disk. */
async function restart(): Promise<Replica> {
  second = await hood.start("second", [{ url: urlOf("first") }], { disk: second.disk });
  return hood.serving(second);
}

/** Posts on the second server, whose epoch ends by that; its next one, when all is there again. */
async function nextEpoch(): Promise<Replica> {
  await post(b, "b2").catch(() => undefined);
  await hood.done(b.ended);
  const later = await hood.serving(second);
  expect(later.origin).not.toBe(b.origin);
  await hood.until(() => later.channel(NEWS)?.count === 4, 10_000);
  return later;
}

describe("the log that a server writes", () => {
  test.each(["remove", "spoil"] as const)(
    "R2: %s ends the epoch; peers give it back",
    async (harm) => {
      const lost = `log:${b.origin}`;
      channelOn(second, NEWS)[harm](lost);

      await post(b, "b2").catch(() => undefined);
      await hood.done(b.ended);
      if (harm === "spoil") channelOn(second, NEWS).remove(lost);
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
    channelOn(second, NEWS).remove(`log:${b.origin}`);

    const later = await restart();
    expect(later.origin).not.toBe(b.origin);
    await hood.until(() => later.channel(NEWS)?.count === 4, 10_000);

    expect(await ocidsOn(second)).toEqual(ALL);
  });

  test("R2: lost with its channel's record while the server was down, no number is used again", async () => {
    second.kill();
    for (const part of channelOn(second, NEWS).parts()) channelOn(second, NEWS).remove(part);

    const later = await restart();
    await hood.until(() => later.channel(NEWS)?.count === 4, 10_000);
    expect(await post(later, "b2")).toBe("created");

    expect(later.origin).not.toBe(b.origin);
    await hood.until(() => a.channel(NEWS)?.count === 5, 10_000);
    for (const server of [first, second]) expect(await ocidsOn(server)).toEqual([...ALL, "b2"]);
  });

  test("R2: lost with its channel's record while the server runs, no number is used again", async () => {
    channelOn(second, NEWS).remove(`log:${b.origin}`);
    channelOn(second, NEWS).remove("meta");

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
      channelOn(second, NEWS).remove(`log:${b.origin}`);
      channelOn(second, SHORT).remove(`log:${b.origin}`);
      hood.network.healAll();
      // It goes on behind what came back; from the next start on nothing tells of the rest.
      await restartWhole();
      second.kill();
      later = await restartWhole();
    });

    async function restartWhole(): Promise<Replica> {
      const replica = await restart();
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
    channelOn(second, NEWS).remove("meta");

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
