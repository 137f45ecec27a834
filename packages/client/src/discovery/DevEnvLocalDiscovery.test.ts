import { describe, expect, test, vi } from "vitest";
import { ManualClock } from "../__tests__/ManualClock.ts";
import { DevEnvLocalDiscovery } from "./DevEnvLocalDiscovery.ts";

/** Answers `GET /healthz` for the ports that are up, and refuses all others. */
function fetchOf(ports: ReadonlySet<number>): typeof fetch {
  return async (input) => {
    if (typeof input !== "string") throw new TypeError("the discovery asks by text");
    const { port, pathname } = new URL(input);
    if (!ports.has(Number(port))) throw new TypeError("fetch failed");
    return new Response("{}", { status: pathname === "/healthz" ? 200 : 404 });
  };
}

describe("discovery in the development environment", () => {
  test("yields the servers that answer, and again when they come and go", async () => {
    const ports = new Set([53032]);
    const clock = new ManualClock();
    const discovery = new DevEnvLocalDiscovery({ basePort: 53032, clock, fetch: fetchOf(ports) });
    const abort = new AbortController();
    const seen: string[] = [];
    const following = (async () => {
      for await (const hosts of discovery.hosts(abort.signal)) {
        seen.push(hosts.map((host) => host.id).join(" "));
      }
    })();

    await passSeconds(clock, () => expect(seen).toEqual(["first"]));
    ports.add(53034);
    await passSeconds(clock, () => expect(seen).toEqual(["first", "first third"]));
    ports.delete(53032);
    await passSeconds(clock, () => expect(seen.at(-1)).toBe("third"));

    abort.abort(new Error("done"));
    await expect(following).rejects.toThrow("done");
  });

  test("without probing yields every fixed address once", async () => {
    const discovery = new DevEnvLocalDiscovery({ servers: 3, isProbing: false });
    const lists = [];

    for await (const hosts of discovery.hosts(new AbortController().signal)) lists.push(hosts);

    expect(lists).toEqual([
      [
        { id: "first", url: "http://127.0.0.1:3029" },
        { id: "second", url: "http://127.0.0.1:3030" },
        { id: "third", url: "http://127.0.0.1:3031" },
      ],
    ]);
  });
});

/** Lets time pass, a second at a time, until it holds. */
async function passSeconds(clock: ManualClock, check: () => void): Promise<void> {
  await vi.waitFor(() => {
    if (clock.isAwaited(1_000)) clock.advance(1_000);
    check();
  });
}
