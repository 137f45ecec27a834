import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeServer } from "../__tests__/FakeServer.ts";
import { ManualClock } from "../__tests__/ManualClock.ts";
import { StaticHostDiscovery } from "../discovery/StaticHostDiscovery.ts";
import { DredClient } from "../DredClient.ts";

let servers: readonly FakeServer[];
let clock: ManualClock;
let client: DredClient;

beforeEach(async () => {
  servers = [await FakeServer.open(), await FakeServer.open()];
  clock = new ManualClock();
});

afterEach(async () => {
  await client.disconnect();
  await Promise.all(servers.map((server) => server.close()));
});

test("a host that is not ready is asked last, until it is ready again", async () => {
  const [first, second] = servers;
  if (first === undefined || second === undefined) throw new Error("two servers are needed");
  let isReady = false;
  first.answer = ({ path }) =>
    path === "/readyz" && !isReady ? { status: 503, body: {} } : { body: { by: "first" } };
  second.answer = () => ({ body: { by: "second" } });
  client = new DredClient({
    discovery: new StaticHostDiscovery([first.url, second.url]),
    clock,
  });
  const states = (): string =>
    client
      .states()
      .map(({ state }) => state)
      .join(" ");

  await vi.waitFor(() => expect(states()).toBe("failed connected"));
  expect(await client.channelInfo("lobby")).toEqual({ by: "second" });

  isReady = true;
  await vi.waitFor(() => expect(clock.isAwaited(5_000)).toBe(true));
  clock.advance(5_000);
  await vi.waitFor(() => expect(states()).toBe("connected connected"));
  expect(await client.channelInfo("lobby")).toEqual({ by: "first" });
});

test("the only host is not asked for its health", async () => {
  const [first] = servers;
  if (first === undefined) throw new Error("a server is needed");
  client = new DredClient({ discovery: new StaticHostDiscovery([first.url]), clock });

  await client.channelInfo("lobby");
  await vi.waitFor(() => expect(clock.isAwaited(5_000)).toBe(true));

  expect(first.requests.map(({ path }) => path)).toEqual(["/channel/lobby"]);
});
