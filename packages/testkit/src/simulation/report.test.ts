import { parseChannelName, parseServerId, serverOf } from "@dred/protocol";
import type { OriginStatus, Replica } from "@dred/server";
import { afterEach, expect, test } from "vitest";
import { Hood, urlOf } from "./Hood.ts";

/* What a server reports of itself (R12). */

const NEWS = parseChannelName("news");
const DAY_MS = 86_400_000;

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

function of(server: string, replica: Replica): OriginStatus | undefined {
  return replica.replication().origins.find(({ origin }) => serverOf(origin) === server);
}

async function post(replica: Replica, ocid: string): Promise<void> {
  await hood.done(replica.post(NEWS, { type: "note", msg: "", ocid }, ""));
}

test("R12: a parked log is told with its reason, from whom and since when, and is a lag", async () => {
  const ahead = await hood.start("a", [], { skewMs: DAY_MS });
  const origin = await hood.serving(ahead);
  await hood.done(origin.createChannel(NEWS, { options: {} }));
  await post(origin, "o1");

  const startMs = hood.clock.now();
  const late = await hood.start("b", [{ id: parseServerId("a"), url: urlOf("a") }]);
  const replica = await hood.serving(late);
  await hood.until(() => of("a", replica)?.parked.length === 1);
  const parkedMs = hood.clock.now();
  await hood.pass(10_000);

  const parked = { channel: "news~0", head: "0-0", reason: "future", from: "a" };
  expect(of("a", replica)).toMatchObject({
    count: 0,
    lagEntries: 1,
    source: "a",
    parked: [parked],
  });
  expect(of("a", replica)?.parked[0]?.sinceMs).toBeGreaterThan(startMs);
  expect(of("a", replica)?.parked[0]?.sinceMs).toBeLessThanOrEqual(parkedMs);
  expect(of("a", replica)?.lagMs).toBeGreaterThanOrEqual(10_000);
});

test("R12: the lag counts what is missing, and is 0 again when nothing is", async () => {
  const [a, b] = ["a", "b"].map((name) => ({ id: parseServerId(name), url: urlOf(name) }));
  const first = await hood.start("a", [b!]);
  const second = await hood.start("b", [a!]);
  const [origin, replica] = [await hood.serving(first), await hood.serving(second)];
  await hood.done(origin.createChannel(NEWS, { options: {} }));
  await post(origin, "o1");
  await hood.until(() => of("a", replica)?.count === 1);
  second.disk.faultOf = (operation) => (operation === "commit" ? "unreachable" : "none");
  await post(origin, "o2");
  await post(origin, "o3");

  await hood.pass(5_000);
  const during = of("a", replica);
  second.disk.faultOf = () => "none";
  await hood.until(() => of("a", replica)?.lagEntries === 0);

  expect(during).toMatchObject({ count: 1, lagEntries: 2 });
  expect(during?.lagMs).toBeGreaterThan(3_000);
  expect(of("a", replica)).toMatchObject({ count: 3, lagMs: 0 });
});

test("the report names every link, in both directions, and what went over it", async () => {
  const [a, b] = ["a", "b"].map((name) => ({ id: parseServerId(name), url: urlOf(name) }));
  const first = await hood.start("a", [b!]);
  const second = await hood.start("b", [a!]);
  const [origin, replica] = [await hood.serving(first), await hood.serving(second)];
  await hood.done(origin.createChannel(NEWS, { options: {} }));
  await post(origin, "o1");
  await hood.until(() => of("a", replica)?.count === 1);

  expect(replica.replication().links).toMatchObject([
    { peer: "a", clockOffsetMs: expect.any(Number) as number, isServing: true, receivedEntries: 1 },
  ]);
  expect(origin.replication().links).toMatchObject([{ peer: "b", sentEntries: 1 }]);

  first.kill();
  await hood.until(() => replica.replication().links[0]?.isServing === false);
  const [link] = replica.replication().links;
  expect(link).toMatchObject({ peer: "a", isServing: false, receivedEntries: 1 });
  expect(link?.pullingSinceMs).toBeUndefined();
});

test("a server tells since when it is there, whatever is noted in its host record meanwhile", async () => {
  const [a, b] = ["a", "b"].map((name) => ({ id: parseServerId(name), url: urlOf(name) }));
  const startMs = hood.clock.now();
  const first = await hood.start("a", [b!]);
  await hood.serving(await hood.start("b", [a!]));
  const since = (): number | undefined => {
    return first.keeper
      .current()
      .hosts()
      .find(({ id }) => id === "a")?.since;
  };
  const openedMs = since();

  await hood.pass(130_000); // what it knew of the registry was noted

  expect(openedMs).toBeGreaterThanOrEqual(startMs);
  expect(openedMs).toBeLessThan(startMs + 10_000);
  expect(since()).toBe(openedMs);
});
