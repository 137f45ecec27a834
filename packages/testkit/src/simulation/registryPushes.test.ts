import { parseChannelName, parseServerId } from "@dred/protocol";
import type { ChannelName } from "@dred/protocol";
import type { Replica } from "@dred/server";
import { afterEach, expect, test } from "vitest";
import { FakePuller } from "./FakePuller.ts";
import { Hood, urlOf } from "./Hood.ts";

/* Changes of the registry that are pushed to peers as they happen. */

const LIMIT = 1_048_576;
/** So many channels with these options make more than the limit. */
const COUNT = 900;
const OPTIONS = { members: Array.from({ length: 20 }, (_, index) => `${index}`.padStart(50, "m")) };

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

const nameOf = (index: number): ChannelName => parseChannelName(`c${index}`);

async function createMany(replica: Replica, from: number, count: number): Promise<void> {
  const names = Array.from({ length: count }, (_, index) => nameOf(from + index));
  await hood.done(
    Promise.all(names.map((name) => replica.createChannel(name, { options: OPTIONS }))),
  );
}

/** Characters of what was pushed, without answers to questions. */
function pushedTo({ texts }: FakePuller): number {
  const pushes = texts.filter((text) => /^\{"type":"registry","ref":[1-9]/.test(text));
  return pushes.reduce((sum, text) => sum + text.length, 0);
}

function acknowledgeAll(puller: FakePuller): void {
  for (const { ref } of puller.all("registry")) puller.send({ type: "registry-ack", ref });
}

test("R10: a peer that acknowledges none is pushed no more than a limit, until it does", async () => {
  const replica = await hood.serving(await hood.start("a"));
  const mute = await FakePuller.dial(hood, "b", "a");
  const prompt = await FakePuller.dial(hood, "c", "a");
  for (let from = 0; from < COUNT; from += 100) {
    await createMany(replica, from, 100);
    acknowledgeAll(prompt);
    for (const peer of [mute, prompt]) peer.send({ type: "ping", sent: 1 }); // they live
    await hood.pass(100);
  }

  expect(pushedTo(prompt)).toBeGreaterThan(LIMIT);
  expect(prompt.all("registry").flatMap(({ records }) => records)).toHaveLength(COUNT);
  expect(pushedTo(mute)).toBeLessThan(LIMIT);
  expect(pushedTo(mute)).toBeGreaterThan(0.8 * LIMIT); // with a `have` for each

  const before = mute.all("registry").length;
  acknowledgeAll(mute);
  await hood.pass(100);
  await createMany(replica, COUNT, 1);
  await hood.until(() => mute.all("registry").length === before + 1, 1_000);
});

test("R10: what was never acknowledged keeps nobody from being pushed to for ever", async () => {
  const replica = await hood.serving(await hood.start("a"));
  const mute = await FakePuller.dial(hood, "b", "a");
  await createMany(replica, 0, COUNT);
  const before = mute.all("registry").length;
  expect(before).toBeLessThan(COUNT);
  for (let second = 0; second < 31; second++) {
    mute.send({ type: "ping", sent: 1 });
    await hood.pass(1_000);
  }

  await createMany(replica, COUNT, 1);

  await hood.until(() => mute.all("registry").length === before + 1, 1_000);
});

test("R8: what a slow peer was not told of it finds by the digests, when it is well again", async () => {
  const [a, b] = ["a", "b"].map((name) => ({ id: parseServerId(name), url: urlOf(name) }));
  const first = await hood.serving(await hood.start("a", [b!]));
  const slow = await hood.start("b", [a!]);
  const second = await hood.serving(slow);
  slow.disk.faultOf = (operation) => (operation === "writeRegistry" ? "unreachable" : "none");
  await createMany(first, 0, COUNT);
  expect(second.channels()).toEqual([]);

  slow.disk.faultOf = () => "none";

  await hood.until(() => second.channels().length === COUNT);
  expect(second.replication().registryDigest).toBe(first.replication().registryDigest);
});
