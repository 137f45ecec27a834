import { parseChannelName, parseServerId } from "@dred/protocol";
import { afterEach, expect, test } from "vitest";
import { Hood, urlOf } from "./Hood.ts";

/* A channel that is deleted and created again under its name. */

const NEWS = parseChannelName("news");
const MESSAGE = { type: "note", msg: "", ocid: "o1" };

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

const [A, B] = ["a", "b"].map((name) => ({ id: parseServerId(name), url: urlOf(name) }));

test("R7: every ts of a new generation lies above the tombstone, whichever clock made it", async () => {
  const right = await hood.serving(await hood.start("a", [B!]));
  const ahead = await hood.serving(await hood.start("b", [A!], { skewMs: 40_000 }));
  await hood.done(ahead.createChannel(NEWS, { options: {} }));
  const before = await hood.done(ahead.post(NEWS, MESSAGE, ""));
  await hood.until(() => right.channel(NEWS) !== undefined);
  await hood.done(ahead.deleteChannel(NEWS));
  await hood.until(() => right.channel(NEWS) === undefined);
  await hood.done(right.createChannel(NEWS, { options: {} }));

  // One that never held anything of the first generation knows of it by the registry alone.
  const late = await hood.serving(await hood.start("c", [A!]));
  const after = await hood.done(late.post(NEWS, MESSAGE, ""));

  expect(after.status).toBe("created");
  expect(after.ts).toBeGreaterThan(before.ts);
});

test("P13: what a server that has not heard of a deletion posts is not held by those that have", async () => {
  const first = await hood.serving(await hood.start("a", [B!]));
  const other = await hood.start("b", [A!]);
  const second = await hood.serving(other);
  await hood.done(first.createChannel(NEWS, { options: {} }));
  await hood.until(() => second.channel(NEWS) !== undefined);
  other.disk.faultOf = (operation) => (operation === "writeRegistry" ? "unreachable" : "none");
  await hood.done(first.deleteChannel(NEWS));

  await hood.done(second.post(NEWS, MESSAGE, ""));
  await hood.pass(5_000);

  expect(first.replication().origins.map(({ count }) => count)).toEqual([0, 0]);
});

test("R8: entries that came before their generation was known go with it when it is known deleted", async () => {
  const first = await hood.serving(await hood.start("a", [B!]));
  const other = await hood.start("b", [A!]);
  const second = await hood.serving(other);
  await hood.done(first.createChannel(NEWS, { options: {} }));
  await hood.until(() => second.channel(NEWS) !== undefined);
  await hood.done(first.deleteChannel(NEWS));
  await hood.until(() => second.channel(NEWS) === undefined);
  other.disk.faultOf = (operation) => (operation === "writeRegistry" ? "unreachable" : "none");
  await hood.done(first.createChannel(NEWS, { options: {} }));
  await hood.done(first.post(NEWS, MESSAGE, ""));
  await hood.until(() => second.replication().origins.some(({ count }) => count === 1));
  await hood.done(first.deleteChannel(NEWS));
  other.disk.faultOf = () => "none";

  await hood.until(() => second.replication().origins.every(({ count }) => count === 0));
  expect(second.replication().registryDigest).toBe(first.replication().registryDigest);
});
