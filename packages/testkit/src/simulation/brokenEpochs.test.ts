import {
  epochOf,
  parseChannelName,
  parseNeighborhood,
  parseServerId,
  serverOf,
} from "@dred/protocol";
import type { Epoch } from "@dred/protocol";
import type { Replica } from "@dred/server";
import { afterEach, expect, test } from "vitest";
import { FakePeer } from "./FakePeer.ts";
import { Hood, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/*
 * A store that forgot something while its replication id stayed the same, such as a backup that
 * was loaded into a Redis that ran on: only what was acknowledged and what the peers know tell.
 */

const NEWS = parseChannelName("news");
const NEIGHBORHOOD = parseNeighborhood("sim");
const [A, B] = ["a", "b"].map((name) => ({ id: parseServerId(name), url: urlOf(name) }));

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

async function post(replica: Replica, ocid: string): Promise<void> {
  await hood.done(replica.post(NEWS, { type: "note", msg: "", ocid }, ""));
}

/** Makes the disk forget what was posted while `action` ran; nothing else tells of it. */
async function forgotten({ disk }: HoodServer, action: () => Promise<void>): Promise<void> {
  const before = disk.snapshot().areas.get(NEIGHBORHOOD);
  await action();
  if (before !== undefined) disk.area(NEIGHBORHOOD).channels = before.channels;
}

/** How many entries the server holds of each epoch of `a` that has any, oldest first. */
function heldOfA(replica: Replica): number[] {
  const { origins } = replica.replication();
  const own = origins.filter(({ origin, count }) => serverOf(origin) === "a" && count > 0);
  return own.map(({ count }) => count);
}

test("R2: a store that holds less than it acknowledged ends the epoch", async () => {
  const server = await hood.start("a");
  const replica = await hood.serving(server);
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  await post(replica, "o1");
  await forgotten(server, () => post(replica, "o2"));

  await expect(post(replica, "o3")).rejects.toMatchObject({ code: "store-fenced" });
  await hood.until(() => isAnother(server, replica));
  const next = await hood.serving(server);
  await post(next, "o3");

  expect(heldOfA(next)).toEqual([1, 1]);
});

test("R2: a peer that holds more of our epoch than we do ends it", async () => {
  const server = await hood.start("a", [B!]);
  const other = await hood.start("b", [A!]);
  const replica = await hood.serving(server);
  const peer = await hood.serving(other);
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  await post(replica, "o1");
  await forgotten(server, async () => {
    await post(replica, "o2");
    await hood.until(() => heldOfA(peer)[0] === 2);
    server.kill();
  });

  const again = await hood.start("a", [B!], { disk: server.disk });
  await hood.until(() => isAnother(again, replica));
  const next = await hood.serving(again);
  await post(next, "o3");
  await hood.until(() => heldOfA(peer).length === 2);

  expect(heldOfA(next)).toEqual([2, 1]);
  expect(heldOfA(peer)).toEqual([2, 1]);
});

test("R2: a peer that knows a later epoch of ours ends this one", async () => {
  const later = `${(hood.clock.now() + 3_600_000).toString(36)}aa` as Epoch;
  new FakePeer(hood, { name: "b", epochs: { a: later } });
  const server = await hood.start("a", [B!]);

  await hood.until(() => {
    const epoch = epochNow(server);
    return epoch !== undefined && epoch > later; // of one length: in the order of the text
  });
});

function epochNow({ keeper }: HoodServer): Epoch | undefined {
  try {
    return epochOf(keeper.current().origin);
  } catch {
    return undefined;
  }
}

/** Whether the server has begun another epoch than that of `before`. */
function isAnother(server: HoodServer, before: Replica): boolean {
  const epoch = epochNow(server);
  return epoch !== undefined && epoch !== epochOf(before.origin);
}
