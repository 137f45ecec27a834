import { parseChannelName, parseServerId } from "@dred/protocol";
import { MemoryDisk } from "@dred/server";
import { afterEach, expect, test } from "vitest";
import { Hood, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* A server that comes back when what it missed is no longer remembered. */

const NEWS = parseChannelName("news");
const DAY_MS = 86_400_000;
const [A, B] = ["a", "b"].map((name) => ({ id: parseServerId(name), url: urlOf(name) }));

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

/** Two servers with a channel, of which the second is gone when that is deleted, for some days. */
async function away(days: number): Promise<{ stayed: HoodServer; disk: MemoryDisk }> {
  const stayed = await hood.start("a", [B!]);
  const left = await hood.start("b", [A!]);
  const [a, b] = [await hood.serving(stayed), await hood.serving(left)];
  await hood.done(a.createChannel(NEWS, { options: {} }));
  await hood.until(() => b.channel(NEWS) !== undefined);
  await hood.done(b.post(NEWS, { type: "note", msg: "", ocid: "o1" }, ""));
  await hood.until(() => a.channel(NEWS)?.count === 1);
  await hood.pass(61_000); // both note that they are in step
  left.kill();
  await hood.pass(10_000);
  await hood.done(a.deleteChannel(NEWS));
  await hood.pass(60_000); // the clock of who left is no measure any more
  stayed.clock.skewMs = days * DAY_MS;
  await hood.pass(61_000);
  return { stayed, disk: left.disk };
}

test("R5: a server that was away when a tombstone was forgotten is refused, and brings nothing back", async () => {
  const { stayed, disk } = await away(31);
  const back = await hood.start("b", [A!], { disk, skewMs: 31 * DAY_MS });
  const refusal = await hood.done(back.keeper.refused);

  expect(refusal).toMatch(/away for longer .* empty its store and start it again/);
  expect(stayed.keeper.current().channels()).toEqual([]);
});

test("with an empty store it is welcome, and a channel of that name is another one", async () => {
  const { stayed } = await away(31);
  const back = await hood.start("b", [A!], { disk: new MemoryDisk(), skewMs: 31 * DAY_MS });
  const [a, b] = [stayed.keeper.current(), await hood.serving(back)];

  await hood.done(a.createChannel(NEWS, { options: {} }));
  await hood.until(() => b.channel(NEWS) !== undefined);

  expect(a.channel(NEWS)?.generation).toBe(1);
  expect(b.channel(NEWS)?.generation).toBe(1);
});

test("R5: while the tombstone is remembered it is welcome, and learns of the deletion", async () => {
  const { stayed, disk } = await away(29);

  const back = await hood.serving(await hood.start("b", [A!], { disk, skewMs: 29 * DAY_MS }));

  await hood.until(() => back.channel(NEWS) === undefined);
  expect(stayed.keeper.current().channels()).toEqual([]);
  expect(back.channels()).toEqual([]);
});
