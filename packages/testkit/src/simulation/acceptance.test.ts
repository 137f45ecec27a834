import { parseChannelName, parseServerId } from "@dred/protocol";
import type { DiskFault, DiskOperation, Replica } from "@dred/server";
import { afterEach, expect, test } from "vitest";
import { Hood, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* What a replica takes, from clients and from peers, and under which name it remembers it. */

const NEWS = parseChannelName("news");
const OPTIONS = { signal: new AbortController().signal };

/** Where a server dies that is to index anew what it holds. */
const KILLS = (["openChannel", "reindex", "settleIndex"] as const).flatMap((failing) =>
  [false, true].map((isEpochNew) => ({ failing, isEpochNew })),
);

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

/** Two linked servers that serve. */
async function pair(): Promise<readonly [HoodServer, HoodServer]> {
  const [a, b] = ["a", "b"].map((name) => ({ id: parseServerId(name), url: urlOf(name) }));
  const first = await hood.start("a", [b!]);
  const second = await hood.start("b", [a!]);
  await hood.serving(first);
  await hood.serving(second);
  return [first, second];
}

/** Its store takes no registry records, and after this operation is slow as well. */
function slowAfter(
  slowing: DiskOperation,
  { disk }: HoodServer,
  faults: Partial<Record<DiskOperation, DiskFault>> = {},
): void {
  disk.faultOf = (operation) => {
    if (operation === slowing) disk.delayMs = 5_000;
    return operation === "writeRegistry" ? "unreachable" : (faults[operation] ?? "none");
  };
}

/** The store was made slow: what is under way stays so, and the registry learns of the channel. */
async function becomesKnown({ disk, keeper }: HoodServer): Promise<void> {
  await hood.until(() => disk.delayMs > 0);
  disk.delayMs = 0;
  disk.faultOf = () => "none";
  await hood.until(() => keeper.current().channels().length === 1, 4_000);
}

/** The registry learns of the channel and stores it, but what is to be done upon it fails. */
async function becomesKnownWithout(failing: DiskOperation, server: HoodServer): Promise<void> {
  let isMet = false;
  server.disk.faultOf = (operation) => {
    isMet ||= operation === failing;
    return operation === failing ? "unreachable" : "none";
  };
  const replica = server.keeper.current();
  await hood.until(() => replica.channels().length === 1);
  const request = { limit: 1, order: "asc" } as const;
  await expect(hood.done(replica.history(NEWS, request, OPTIONS))).rejects.toMatchObject({
    code: "outcome-unknown",
  });
  expect(isMet).toBe(true);
}

function heldOn(replica: Replica): number {
  return replica.replication().origins.reduce((sum, { count }) => sum + count, 0);
}

async function texts(replica: Replica): Promise<string[]> {
  const lines = await hood.history(replica, NEWS);
  return lines.map((line) => (JSON.parse(line) as { msg: string }).msg);
}

test("R6: an ocid is known for one window after its first post, and then it is a new message", async () => {
  const [first] = await pair();
  const replica = first.keeper.current();
  const windowMs = 60_000;
  await hood.done(replica.createChannel(NEWS, { options: { messageLifetime: windowMs } }));
  const post = { type: "note", msg: "once", ocid: "o1" };
  const { ts } = await hood.done(replica.post(NEWS, post, ""));

  await hood.pass(windowMs - 2_000);
  const within = await hood.done(replica.post(NEWS, post, ""));
  await hood.pass(3 * windowMs);
  const beyond = await hood.done(replica.post(NEWS, post, ""));

  expect(within).toMatchObject({ status: "duplicate", ts });
  expect(beyond.status).toBe("created");
});

test("entries of a channel that the registry does not know yet are stored, and listed when it does", async () => {
  const [first, second] = await pair();
  const [origin, other] = [first.keeper.current(), second.keeper.current()];
  second.disk.faultOf = (operation) => (operation === "writeRegistry" ? "unreachable" : "none");
  await hood.done(origin.createChannel(NEWS, { options: {} }));
  const { ts } = await hood.done(origin.post(NEWS, { type: "note", msg: "m", ocid: "o1" }, ""));
  const held = (): number => other.replication().origins.reduce((sum, { count }) => sum + count, 0);
  await hood.until(() => held() === 1);
  expect(other.channels()).toEqual([]);

  second.disk.faultOf = () => "none";
  await hood.until(() => other.channels().length === 1);

  expect(await texts(other)).toEqual(["m"]);
  expect([...(other.channel(NEWS)?.vector.values() ?? [])]).toMatchObject([{ ts, seq: 1 }]);
});

test("limits on size act at the post: what a server took, all others store", async () => {
  const [first, second] = await pair();
  const [origin, other] = [first.keeper.current(), second.keeper.current()];
  await hood.done(origin.createChannel(NEWS, { options: {} }));
  // The most that a body of 1 MiB holds once it is JSON in JSON: each of these is escaped again.
  const msg = '"\\'.repeat(262_000);

  await hood.done(origin.post(NEWS, { type: "note", msg, ocid: "o1" }, ""));
  await hood.done(origin.post(NEWS, { type: "note", msg: "after it", ocid: "o2" }, ""));
  await hood.until(() => [...(other.channel(NEWS)?.vector.values() ?? [])][0]?.seq === 2);

  expect(await texts(other)).toEqual([msg, "after it"]);
});

test("R6: an ocid of entries that came before their channel was known is known in its windows", async () => {
  const [first, second] = await pair();
  const [origin, other] = [first.keeper.current(), second.keeper.current()];
  second.disk.faultOf = (operation) => (operation === "writeRegistry" ? "unreachable" : "none");
  await hood.done(origin.createChannel(NEWS, { options: { messageLifetime: 60_000 } }));
  const post = { type: "note", msg: "once", ocid: "o1" };
  const { ts } = await hood.done(origin.post(NEWS, post, ""));
  await hood.until(() => other.replication().origins.some(({ count }) => count === 1));
  second.disk.faultOf = () => "none";
  await hood.until(() => other.channels().length === 1);

  const again = await hood.done(other.post(NEWS, post, ""));

  expect(again).toMatchObject({ status: "duplicate", ts });
});

test("R6: so it is when they are being written while their channel becomes known", async () => {
  const [first, second] = await pair();
  const [origin, other] = [first.keeper.current(), second.keeper.current()];
  slowAfter("openChannel", second);
  await hood.done(origin.createChannel(NEWS, { options: { messageLifetime: 60_000 } }));
  const post = { type: "note", msg: "once", ocid: "o1" };
  const { ts } = await hood.done(origin.post(NEWS, post, ""));
  await becomesKnown(second);
  expect(heldOn(other)).toBe(0); // they are on their way into the store
  await hood.until(() => heldOn(other) === 1);

  const again = await hood.done(other.post(NEWS, post, ""));

  expect(again).toMatchObject({ status: "duplicate", ts });
});

test("R6: so it is when they are being read anew while their channel becomes known", async () => {
  const [first, second] = await pair();
  const [origin, other] = [first.keeper.current(), second.keeper.current()];
  second.disk.faultOf = (operation) => (operation === "writeRegistry" ? "unreachable" : "none");
  await hood.done(origin.createChannel(NEWS, { options: { messageLifetime: 60_000 } }));
  const post = { type: "note", msg: "once", ocid: "o1" };
  const { ts } = await hood.done(origin.post(NEWS, post, ""));
  await hood.until(() => heldOn(other) === 1);
  slowAfter("openChannel", second, { commit: { diesAfter: 1 } });
  await hood.done(origin.post(NEWS, { ...post, ocid: "o2" }, ""));
  await becomesKnown(second);
  expect(heldOn(other)).toBe(1); // the second is being indexed, in the longest windows
  await hood.until(() => heldOn(other) === 2);

  const again = await hood.done(other.post(NEWS, post, ""));

  expect(again).toMatchObject({ status: "duplicate", ts });
});

test.each(KILLS)(
  "P15: so it is when the server is killed before $failing (new epoch: $isEpochNew)",
  async ({ failing, isEpochNew }) => {
    const [first, second] = await pair();
    const origin = first.keeper.current();
    second.disk.faultOf = (operation) => (operation === "writeRegistry" ? "unreachable" : "none");
    await hood.done(origin.createChannel(NEWS, { options: { messageLifetime: 60_000 } }));
    const post = { type: "note", msg: "once", ocid: "o1" };
    const { ts } = await hood.done(origin.post(NEWS, post, ""));
    await hood.until(() => heldOn(second.keeper.current()) === 1);
    await becomesKnownWithout(failing, second);
    second.kill();
    second.disk.faultOf = () => "none";
    if (isEpochNew) second.disk.changeReplid();

    const other = await hood.serving(await hood.start("b", [], { disk: second.disk }));
    const again = await hood.done(other.post(NEWS, post, ""));

    expect(again).toMatchObject({ status: "duplicate", ts });
  },
);

test("R6: a post that waits while the windows change is decided once all is indexed anew", async () => {
  const [{ keeper }, second] = await pair();
  const [origin, other] = [keeper.current(), second.keeper.current()];
  hood.network.cut("a", "b");
  hood.network.cut("b", "a");
  await hood.done(origin.createChannel(NEWS, { options: { messageLifetime: 60_000 } }));
  await hood.pass(1_000);
  await hood.done(other.createChannel(NEWS, { options: {} })); // the earlier one will win
  const [one, two] = ["o1", "o2"].map((ocid) => ({ type: "note", msg: "once", ocid }));
  const places = [];
  for (const post of [one!, two!]) places.push(await hood.done(other.post(NEWS, post, "")));

  second.disk.delayMs = 10_000;
  const underWay = other.post(NEWS, one!, "");
  await hood.pass(20);
  second.disk.delayMs = 0;
  const waiting = other.post(NEWS, two!, "");
  hood.network.healAll();
  hood.network.resetConnections("a");
  await hood.until(() => other.channel(NEWS)?.options.messageLifetime === 60_000, 9_000);

  const repeated = [await hood.done(underWay), await hood.done(waiting)];
  const expected = places.map(({ ts }) => ({ status: "duplicate", ts }));
  expect(repeated).toMatchObject(expected);
});

test("R11: a commit whose reply was lost is looked for, though nobody posts again", async () => {
  const [first, second] = await pair();
  const [origin, other] = [first.keeper.current(), second.keeper.current()];
  await hood.done(origin.createChannel(NEWS, { options: {} }));
  await hood.until(() => other.channels().length === 1);
  first.disk.faultOf = (operation) => (operation === "commit" ? "reply-lost" : "none");
  const lost = origin.post(NEWS, { type: "note", msg: "m", ocid: "o1" }, "");
  await expect(hood.done(lost)).rejects.toMatchObject({ code: "outcome-unknown" });

  await hood.until(() => other.channel(NEWS)?.count === 1);

  expect(await texts(other)).toEqual(["m"]);
});
