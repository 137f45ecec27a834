import { parseChannelName, parseServerId } from "@dred/protocol";
import type { ChannelOptions } from "@dred/protocol";
import type { Log, Replica } from "@dred/server";
import { afterEach, expect, test } from "vitest";
import { silentLog } from "../silentLog.ts";
import { Hood, parkedOn, readLines, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* Servers whose clocks are wrong, among others whose clocks are right. */

const NEWS = parseChannelName("news");
const DAY_MS = 86_400_000;
const NAMES = ["a", "b", "c"];

let hood = new Hood();
let posted = 0;

afterEach(() => {
  hood.end();
  hood = new Hood();
});

test("R12: a clock a day ahead is told in its log once, and in /replication until it is set", async () => {
  const errors: string[] = [];
  const { servers, replicas } = await trio(DAY_MS, noting(errors));
  const [a, b, c] = replicas;
  await hood.pass(5_000);

  expect(c.replication().clock.isAstray).toBe(true);
  expect(Math.abs(c.replication().clock.aheadMs - DAY_MS)).toBeLessThan(100);
  expect([a, b].map((replica) => replica.replication().clock.isAstray)).toEqual([false, false]);
  expect(errors).toEqual(["our clock is off the neighborhood's: set it right"]);

  servers[2].clock.skewMs = 0;
  await hood.until(() => !c.replication().clock.isAstray, 3_000);
  await hood.pass(5_000);
  expect(errors).toHaveLength(1);
});

test("a clock a day ahead drags nobody: its messages come at once, with the others' time", async () => {
  const { replicas } = await trio(DAY_MS);
  const [a, b, c] = replicas;
  await create(a, {});
  const readers = [a, b].map((replica) => readLines(replica, NEWS, { kind: "start" }));

  const ts = await post(c);

  await hood.until(() => readers.every((lines) => lines.length === 2), 1_000);
  expect(ts / 1000 - hood.clock.now()).toBeLessThanOrEqual(31_000);
  expect((await post(a)) / 1000 - hood.clock.now()).toBeLessThanOrEqual(31_000);
  for (const replica of replicas) expect(parkedOn(replica)).toEqual([]);
});

test("a clock that is set a day ahead under a running server is not believed for a moment", async () => {
  const { servers, replicas } = await trio(0);
  const [a, , c] = replicas;
  await create(a, {});

  servers[2].clock.skewMs = DAY_MS;

  expect((await post(c)) / 1000 - hood.clock.now()).toBeLessThanOrEqual(31_000);
});

test("R11: a clock that is set back does not hide that a peer is silent", async () => {
  const { servers, replicas } = await trio(0);
  const [a] = replicas;
  const linked = (): number => a.hosts().filter(({ state }) => state === "connected").length;
  expect(linked()).toBe(2);

  servers[0].clock.skewMs = -DAY_MS;
  hood.network.cut("b", "a");

  await hood.until(() => linked() === 1, 10_000);
});

test("R5: a clock a day ahead hides, trims and expires nothing that lives for the others", async () => {
  const { replicas } = await trio(DAY_MS);
  const [a, , c] = replicas;
  const hour = 3_600_000;
  await create(a, { messageLifetime: hour, expiresAt: hood.clock.now() + hour });
  await post(a);
  const reader = readLines(c, NEWS, { kind: "start" });

  await hood.pass(12_000); // more than a round of trimming, and than expiry is put off

  expect(reader.map(({ type }) => type)).toEqual(["reading", "note", "listening"]);
  for (const replica of replicas) expect(replica.channel(NEWS)?.count).toBe(1);
});

test("R5: what is posted through a clock a day behind is not born dead", async () => {
  const { replicas } = await trio(-DAY_MS);
  const [a, b, c] = replicas;
  await create(a, { messageLifetime: 3_600_000 });
  const readers = [a, b, c].map((replica) => readLines(replica, NEWS, { kind: "start" }));

  await post(c);
  await post(a);

  await hood.until(() => readers.every((lines) => lines.length === 3), 2_000);
  expect(c.replication().clock.isAstray).toBe(true);
  for (const replica of replicas) expect(parkedOn(replica)).toEqual([]);
});

test("a clock that steps back by an hour goes on with rising ts, and nothing waits", async () => {
  const { servers, replicas } = await trio(0);
  const [a, b, c] = replicas;
  await create(a, {});
  const before = await post(c);
  servers[2].clock.skewMs = -3_600_000;
  const after = await post(c);
  const reader = readLines(b, NEWS, { kind: "start" });

  expect(after).toBeGreaterThan(before);
  await hood.until(() => reader.length === 4, 2_000);
  for (const replica of replicas) expect(parkedOn(replica)).toEqual([]);
});

test("entries from the future wait, and nothing else does; when their time has come they are taken", async () => {
  const c = await hood.start("c", [], { skewMs: 75_000 });
  const alone = await hood.serving(c);
  await create(alone, {});
  await post(alone); // it has nobody to compare its clock with
  const hosts = [{ id: parseServerId("c"), url: urlOf("c") }];
  const a = await hood.serving(await hood.start("a", hosts));
  await hood.until(() => a.replication().origins.some(({ origin }) => origin === alone.origin));
  const other = parseChannelName("other");
  await hood.done(a.createChannel(other, { options: {} }));

  await hood.until(() => alone.channel(other) !== undefined, 1_000);
  expect(a.channel(NEWS)).toBeUndefined();
  await hood.until(() => parkedOn(a).length > 0);
  expect(parkedOn(a)).toEqual(["future"]);

  await hood.until(() => a.channel(NEWS)?.count === 1, 30_000);
  expect(parkedOn(a)).toEqual([]);
});

test("a clock that was found wrong is not forgotten while its only peer starts again", async () => {
  const a = { id: parseServerId("a"), url: urlOf("a") };
  const first = await hood.start("a");
  await hood.serving(first);
  const fast = await hood.serving(await hood.start("b", [a], { skewMs: DAY_MS }));
  await create(fast, {});
  await hood.pass(2_000);
  first.kill();
  await hood.pass(1_000);

  const ts = await post(fast);

  expect(ts / 1000 - hood.clock.now()).toBeLessThanOrEqual(31_000);
});

interface Trio {
  readonly servers: readonly [HoodServer, HoodServer, HoodServer];
  readonly replicas: readonly [Replica, Replica, Replica];
}

/** Three linked servers, of which the last has this clock. */
async function trio(skewMs: number, log: Log = silentLog): Promise<Trio> {
  const servers: HoodServer[] = [];
  for (const name of NAMES) {
    const others = NAMES.filter((other) => other !== name);
    const hosts = others.map((other) => ({ id: parseServerId(other), url: urlOf(other) }));
    servers.push(await hood.start(name, hosts, name === "c" ? { skewMs, log } : {}));
  }
  const [a, b, c] = servers as [HoodServer, HoodServer, HoodServer];
  const replicas = [await hood.serving(a), await hood.serving(b), await hood.serving(c)] as const;
  await hood.pass(3_000);
  return { servers: [a, b, c], replicas };
}

async function create(replica: Replica, options: ChannelOptions): Promise<void> {
  await hood.done(replica.createChannel(NEWS, { options }));
}

async function post(replica: Replica): Promise<number> {
  const message = { type: "note", msg: "", ocid: `o${posted++}` };
  return (await hood.done(replica.post(NEWS, message, ""))).ts;
}

function noting(errors: string[]): Log {
  return { ...silentLog, error: (message) => void errors.push(message) };
}
