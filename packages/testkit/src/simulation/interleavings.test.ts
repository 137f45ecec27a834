import { parseChannelName, parseServerId } from "@dred/protocol";
import { afterEach, expect, test } from "vitest";
import { Hood, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* Moments between two awaits, each brought about on purpose: what the random runs meet rarely. */

const NEWS = parseChannelName("news");
const OPTIONS = { signal: new AbortController().signal };

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

/** How a server ends, and what whoever asks meanwhile is told. */
const ENDS = [
  ["begins a new epoch", "store-fenced", ({ disk }: HoodServer): void => disk.changeReplid()],
  ["shuts down", "not-ready", ({ keeper }: HoodServer): void => void keeper.close(0)],
] as const;

/** What a call gives, or is told instead. */
async function told(call: () => unknown): Promise<unknown> {
  try {
    return await call();
  } catch (error) {
    return error;
  }
}

test("a server that is closed while it opens its next epoch ends", async () => {
  for (let waitMs = 0; waitMs < 1_500; waitMs += 50) {
    const { keeper, disk } = await hood.start(`s${waitMs}`);
    const { ended } = await hood.serving({ keeper });
    disk.changeReplid();
    disk.delayMs = 100;
    await hood.done(ended);
    await hood.pass(waitMs); // it waits, its store opens, or the replica upon that
    await hood.done(keeper.close(0));
  }
});

test("R8: a channel deleted while it is read from its store is not counted any more", async () => {
  const { keeper, disk } = await hood.start("first");
  const replica = await hood.serving({ keeper });
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  disk.faultOf = (operation) => (operation === "commit" ? "reply-lost" : "none");
  const post = replica.post(NEWS, { type: "note", msg: "", ocid: "o1" }, "");
  await expect(hood.done(post)).rejects.toMatchObject({ code: "outcome-unknown" });
  disk.delayMs = 100;
  const deletion = replica.deleteChannel(NEWS);
  await hood.pass(50);
  const read = replica.history(NEWS, { limit: 1, order: "asc" }, OPTIONS);
  await expect(hood.done(read)).rejects.toMatchObject({ code: "channel-not-found" });
  await hood.done(deletion);
  expect(replica.replication().origins.map(({ count }) => count)).toEqual([0]);
});

test("R8: a channel deleted while it is written to is not counted any more", async () => {
  const { keeper, disk } = await hood.start("first");
  const replica = await hood.serving({ keeper });
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  await hood.done(replica.post(NEWS, { type: "note", msg: "", ocid: "o1" }, ""));
  disk.delayMs = 100;
  const deletion = replica.deleteChannel(NEWS);
  await hood.pass(50);
  const post = replica.post(NEWS, { type: "note", msg: "", ocid: "o2" }, "");
  post.catch(() => undefined);
  await hood.done(deletion);
  await expect(hood.done(post)).rejects.toMatchObject({ code: "channel-not-found" });
  await hood.pass(500);
  expect(replica.replication().origins.map(({ count }) => count)).toEqual([0]);
});

test("P15: a post that a shutdown cuts off is to be repeated, not broken", async () => {
  const { keeper, disk } = await hood.start("first", [{ url: urlOf("second") }]);
  await hood.start("second");
  const replica = await hood.serving({ keeper });
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  disk.delayMs = 300;
  const post = replica.post(NEWS, { type: "note", msg: "", ocid: "o1" }, "");
  post.catch(() => undefined);
  await hood.pass(100);
  await hood.done(keeper.close(0));
  await expect(post).rejects.toMatchObject({ code: "outcome-unknown" });
});

test.each(ENDS)("what a server that %s is asked is to be repeated, not broken", async (...by) => {
  const [, code, end] = by;
  const server = await hood.start("first");
  const replica = await hood.serving(server);
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  await hood.done(replica.post(NEWS, { type: "note", msg: "", ocid: "o1" }, ""));
  const read = (): Promise<unknown> =>
    told(() => replica.history(NEWS, { limit: 1, order: "asc" }, OPTIONS));
  const turnedAway: Promise<unknown>[] = [];
  replica.ending.addEventListener("abort", () => {
    const creation = told(() => replica.createChannel(NEWS, { options: {} }));
    turnedAway.push(read(), creation);
    turnedAway.push(told(() => server.keeper.current()));
  });
  server.disk.delayMs = 300;

  end(server);
  const reads: Promise<unknown>[] = [];
  await hood.until(() => reads.push(read()) > 0 && replica.ending.aborted);
  const asked = [...reads.slice(-2), ...turnedAway, read()];

  const answer: unknown = expect.objectContaining({ code, status: 503, isRetryable: true });
  expect(await hood.done(Promise.all(asked))).toEqual(Array(6).fill(answer));
});

test("R5: a late server takes what maxMessages left from another than the origin", async () => {
  const [a, b] = ["a", "b"].map((name) => ({ id: parseServerId(name), url: urlOf(name) }));
  const first = await hood.start("a", [b!]);
  const second = await hood.start("b", [a!]);
  const origin = await hood.serving(first);
  const relay = await hood.serving(second);
  await hood.done(origin.createChannel(NEWS, { options: { maxMessages: 3 } }));
  for (let count = 0; count < 10; count++) {
    await hood.done(origin.post(NEWS, { type: "note", msg: "", ocid: `o${count}` }, ""));
  }
  await hood.until(() => relay.channel(NEWS)?.count === 3); // trimmed
  first.kill();
  await hood.pass(1_000);
  const late = await hood.serving(await hood.start("c", [b!]));
  const lines = await hood.history(late, NEWS);
  expect(lines).toEqual(await hood.history(relay, NEWS));
  expect(lines).toHaveLength(3);
});

test("a server that no peer can dial becomes ready all the same", async () => {
  const a = { id: parseServerId("a"), url: urlOf("a") };
  await hood.serving(await hood.start("a"));
  const { keeper } = await hood.start("b", [a], { urls: [] });
  await hood.until(() => keeper.current().readiness().isReady, 5_000);
});

test("a server that finds itself under another address knows that it is alone", async () => {
  const alias = "sim://alias";
  const { keeper } = await hood.start("a", [{ url: alias }], { urls: [urlOf("a"), alias] });
  await hood.until(() => keeper.current().readiness().isReady, 4_000);
  expect(keeper.current().readiness().isDegraded).toBe(false);
});

test("a channel deleted by a server whose clock is a day ahead can be posted to again", async () => {
  const [a, b] = ["a", "b"].map((name) => ({ id: parseServerId(name), url: urlOf(name) }));
  const first = await hood.start("a", [b!]);
  const ahead = await hood.serving(await hood.start("b", [a!], { skewMs: 86_400_000 }));
  const right = await hood.serving(first);
  await hood.done(right.createChannel(NEWS, { options: {} }));
  await hood.until(() => ahead.channel(NEWS) !== undefined);
  await hood.done(ahead.deleteChannel(NEWS));
  await hood.until(() => right.channel(NEWS) === undefined);
  await hood.done(right.createChannel(NEWS, { options: {} }));
  const { ts } = await hood.done(right.post(NEWS, { type: "note", msg: "", ocid: "o1" }, ""));
  expect(ts / 1000 - hood.clock.now()).toBeLessThanOrEqual(61_000);
});

test("R1: peers are told what a trim removed whose reply was lost", async () => {
  const first = await hood.start("first");
  const origin = await hood.serving(first);
  await hood.done(origin.createChannel(NEWS, { options: { maxMessages: 3 } }));
  for (const ocid of ["o1", "o2", "o3", "o4", "o5"]) {
    await hood.done(origin.post(NEWS, { type: "note", msg: "", ocid }, ""));
  }
  first.disk.faultOf = (operation) => (operation === "trim" ? "reply-lost" : "none");
  await hood.pass(6_000); // a round of trimming
  first.disk.faultOf = () => "none";

  const second = await hood.start("second", [{ id: parseServerId("first"), url: urlOf("first") }]);

  const late = await hood.serving(second);
  await hood.until(() => late.channel(NEWS)?.vector.get(origin.origin)?.seq === 5);
});
