import { limits, parseChannelName, parseServerId, toChannelKey } from "@dred/protocol";
import type { Replica } from "@dred/server";
import { afterEach, expect, test } from "vitest";
import { FakePeer } from "./FakePeer.ts";
import { Hood, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* What goes from one server to another, and what is said of it. */

const NEWS = parseChannelName("news");
const [A, B] = ["a", "b"].map((name) => ({ id: parseServerId(name), url: urlOf(name) }));

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

async function pair(): Promise<readonly [Replica, HoodServer, HoodServer]> {
  const first = await hood.start("a", [B!]);
  const second = await hood.start("b", [A!]);
  await hood.serving(second);
  const replica = await hood.serving(first);
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  await hood.until(() => second.keeper.current().channel(NEWS) !== undefined);
  return [replica, second, first];
}

test("R4: a peer counts for acks only once its store has the message", async () => {
  const [replica, second] = await pair();
  second.disk.faultOf = (operation) => (operation === "commit" ? "unreachable" : "none");
  const place = await hood.done(replica.post(NEWS, { type: "t", msg: "", ocid: "o1" }, ""));

  expect(await hood.done(replica.held(NEWS, place, 2, 3_000))).toBe(1);

  second.disk.faultOf = () => "none";
  expect(await hood.done(replica.held(NEWS, place, 2, 10_000))).toBe(2);
});

test("R4: whoever wrote a message counts for acks only while its store has it", async () => {
  const [replica, second, first] = await pair();
  const place = await hood.done(replica.post(NEWS, { type: "t", msg: "", ocid: "o1" }, ""));
  await hood.until(() => second.keeper.current().channel(NEWS)?.count === 1);
  const held = (): Promise<number> => second.keeper.current().held(NEWS, place, 2, 3_000);
  expect(await hood.done(held())).toBe(2);

  first.disk.faultOf = (operation) => (operation === "commit" ? "unreachable" : "none");
  first.disk.flush();
  await hood.until(() => second.keeper.current().replication().origins.length === 3);
  expect(await hood.done(held())).toBe(1);

  first.disk.faultOf = () => "none";
  expect(await hood.done(held())).toBe(2);
});

test("R9: what has come is not asked for again, however slow our store is", async () => {
  const [replica, second] = await pair();
  second.disk.faultOf = (operation) => (operation === "commit" ? "unreachable" : "none");
  for (let count = 0; count < 800; count++) {
    void replica.post(NEWS, { type: "t", msg: "", ocid: `o${count}` }, "");
    await hood.pass(10); // peers say each second what they hold
  }

  second.disk.faultOf = () => "none";
  await hood.until(() => second.keeper.current().channel(NEWS)?.count === 800);

  expect(hood.network.entriesReceived.get("b")).toBe(800);
});

test("R10: more than a link's credit arrives, because what is stored gives it back", async () => {
  const [replica, second] = await pair();
  const msg = "m".repeat(1_000_000);

  for (let count = 0; count < 7; count++) {
    await hood.done(replica.post(NEWS, { type: "t", msg, ocid: `o${count}` }, ""));
  }

  await hood.until(() => second.keeper.current().channel(NEWS)?.count === 7);
});

test("R10: a store that takes nothing stops its peer at the link's credit", async () => {
  const [replica, second] = await pair();
  const waiting = (): number => second.keeper.current().waiting().linkChars;
  const msg = "m".repeat(250_000);
  second.disk.isReachable = false;

  for (let count = 0; count < 30; count++) {
    await hood.done(replica.post(NEWS, { type: "t", msg, ocid: `o${count}` }, ""));
  }
  await hood.pass(3_000);
  expect(waiting()).toBeGreaterThan(limits.LINK_CREDIT_BYTES);
  expect(waiting()).toBeLessThan(limits.LINK_CREDIT_BYTES + 300_000);

  second.disk.isReachable = true;
  await hood.until(() => second.keeper.current().channel(NEWS)?.count === 30);
  expect(waiting()).toBe(0);
});

test("R2: a peer that sends entries of our own origin is cut off, and they are not held", async () => {
  const peer = new FakePeer(hood, { name: "b" });
  const server = await hood.start("a", [B!]);
  const replica = await hood.serving(server);
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  const { origin } = replica;

  const entry = { ts: hood.clock.now() * 1000, seq: 1, line: "{}", chain: "c".repeat(32) };
  peer.send({ type: "entries", channel: toChannelKey(NEWS, 0), origin, entries: [entry] });
  await hood.until(() => peer.frames.some(({ type }) => type === "bye"));

  expect(replica.replication().origins.find((each) => each.origin === origin)?.count).toBe(0);
  const { seq } = await hood.done(replica.post(NEWS, { type: "t", msg: "", ocid: "o1" }, ""));
  expect(seq).toBe(1);
});
