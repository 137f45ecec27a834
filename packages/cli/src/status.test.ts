import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { runDred } from "./__tests__/runDred.ts";

const traffic = { receivedBytes: 700, sentBytes: 800, receivedEntries: 5, sentEntries: 6 };

/** What a server answers to `GET /replication` while several things are wrong. */
const status = {
  serverId: "first",
  origin: "first.m2k9xqa7",
  origins: [
    {
      origin: "second.m2k9xqb8",
      source: "third",
      count: 41,
      digest: "0123456789abcdef",
      lagEntries: 3,
      lagMs: 90_000,
      parked: [
        {
          channel: "news~0",
          head: "1763923555123456-42",
          reason: "fork",
          from: "third",
          sinceMs: Date.UTC(2026, 0, 2, 3, 4, 5),
        },
      ],
      gaps: 1,
      forks: 2,
    },
  ],
  links: [
    { peer: "second", isServing: true, ...traffic },
    { peer: "third", pullingSinceMs: 1, clockOffsetMs: -70_000, isServing: false, ...traffic },
  ],
  readiness: { isReady: true, isDegraded: false, isStoreReachable: true, entriesMissing: 0 },
  registryDigest: "0",
  channelOriginsMax: 0,
  clock: { aheadMs: 70_000, isAstray: true },
};

test("R12: dred status shows source, lag, gaps, forks, links, what is parked, and a wrong clock", async () => {
  const server = createServer((_request, response) => {
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(status));
  });
  onTestFinished(() => void server.close());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;

  const { code, stdout } = await runDred("status", "--url", `http://127.0.0.1:${port}`);

  expect(code).toBe(0);
  const rows = stdout.split("\n").map((line) => line.split(/ {2,}/));
  expect(stdout).toContain("first is ready\n");
  expect(stdout).toContain("its clock is 70000 ms off the other servers': set it right\n");
  expect(rows).toContainEqual(["second.m2k9xqb8", "third", "41", "3", "90000", "1", "1", "2"]);
  expect(rows).toContainEqual(["second", "no", "yes", "-", "5", "6", "700", "800"]);
  expect(rows).toContainEqual(["third", "yes", "no", "-70000", "5", "6", "700", "800"]);
  expect(stdout).toMatch(
    /news~0 of second\.m2k9xqb8 at 1763923555123456-42: fork, from third, since 2026-01-02T03:04:05/,
  );
});
