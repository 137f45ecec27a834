import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { FakeServer } from "../__tests__/FakeServer.ts";
import { ManualClock } from "../__tests__/ManualClock.ts";
import { NeighborhoodDiscovery } from "./NeighborhoodDiscovery.ts";

let first: FakeServer;
let second: FakeServer;

beforeEach(async () => {
  first = await FakeServer.open();
  second = await FakeServer.open();
});

afterEach(async () => {
  await Promise.all([first.close(), second.close()]);
});

test("follows the registry from one member, and through the others when that one is gone", async () => {
  const clock = new ManualClock();
  const third = { id: "third", url: "http://127.0.0.1:3031" };
  const both = [
    { id: "first", url: first.url },
    { id: "second", url: second.url },
  ];
  first.answer = () => ({ body: { hosts: both } });
  second.answer = () => ({ body: { hosts: [...both, third] } });
  const abort = new AbortController();
  const seen: string[] = [];
  const following = (async () => {
    const discovery = new NeighborhoodDiscovery(`${first.url}/`, { clock });
    for await (const hosts of discovery.hosts(abort.signal)) {
      seen.push(hosts.map(({ id = "?" }) => id).join(" "));
    }
  })();

  await vi.waitFor(() => expect(clock.isAwaited(5_000) && seen.length === 2).toBe(true));
  await first.close();
  clock.advance(5_000);
  await vi.waitFor(() => expect(seen).toEqual(["?", "first second", "first second third"]));

  abort.abort(new Error("done"));
  await expect(following).rejects.toThrow("done");
});
