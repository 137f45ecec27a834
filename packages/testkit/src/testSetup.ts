import { randomBytes } from "node:crypto";
import type { Server } from "node:http";
import type { DredClient } from "@dred/client";
import { parseNeighborhood } from "@dred/protocol";
import type { Neighborhood } from "@dred/protocol";
import type { DredServer } from "@dred/server";
import { createClient } from "redis";
import type TestAgent from "supertest/lib/agent.js";
import { onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";
import { TestServer, testServerNames } from "./TestServer.ts";
import type { StartOptions, TestServerName } from "./TestServer.ts";

export interface TestSetupOptions extends Omit<StartOptions, "hosts"> {
  /** Those that are started at once; default only `first`. Others can be started later. */
  readonly servers?: readonly TestServerName[];
  /** Whom each of them has in its static list; default: all that are started at once. */
  readonly hosts?: Partial<Record<TestServerName, readonly TestServerName[]>>;
}

/** Everything of one test; `agent`, `app`, `server` and `client` are those of the first server. */
export interface TestSetup {
  /** Low-level HTTP by supertest; a post needs its `ocid` from the test. */
  readonly agent: TestAgent;
  readonly app: Server;
  readonly server: DredServer;
  readonly client: DredClient;
  readonly servers: Readonly<Record<TestServerName, TestServer>>;
  /** Made up for this test, so that tests never see each other's messages. */
  readonly neighborhood: Neighborhood;
}

const LINKED_MS_MAX = 10_000;

let present: TestSetup | undefined;

/**
 * Starts servers on the fixed ports and databases of the tests, ready and linked with each other.
 * To be called in a test, at whose end everything is closed and what it stored is deleted.
 *
 * @throws DredError with a sentence when a port is taken or Redis does not answer.
 */
export async function testSetup(options: TestSetupOptions = {}): Promise<TestSetup> {
  const { servers: started = ["first"], hosts, ...common } = options;
  const neighborhood = parseNeighborhood(`test-${randomBytes(6).toString("hex")}`);
  const servers = Object.fromEntries(
    testServerNames.map((name) => [name, new TestServer(name, neighborhood, common)]),
  ) as Record<TestServerName, TestServer>;
  onTestFinished(() => tearDown(Object.values(servers), neighborhood));
  const toHosts = (name: TestServerName) => {
    return (hosts?.[name] ?? started).map((each) => servers[each].host);
  };
  const starts = started.map((name) => servers[name].start({ hosts: toHosts(name) }));
  await Promise.allSettled(starts); // one that still starts would not be stopped
  await Promise.all(starts);
  if (hosts === undefined) await linked(started.map((name) => servers[name]));
  const main = servers[started[0] ?? "first"];
  const client = main.server.mkClient(main.url);
  onTestFinished(() => client.disconnect());
  const { agent, server } = main;
  present = { agent, app: server.http, server, client, servers, neighborhood };
  return present;
}

/**
 * A client that talks to one server of the present set-up only, whether it runs yet or not;
 * disconnected when the test ends.
 */
export function mkClientFor(name: TestServerName): DredClient {
  if (present === undefined) throw new Error("call testSetup() before mkClientFor()");
  const client = present.server.mkClient(present.servers[name].url);
  onTestFinished(() => client.disconnect());
  return client;
}

/** Waits until every one of these sees all others connected. */
export async function linked(servers: readonly TestServer[]): Promise<void> {
  await eventually(() => {
    for (const { name, server } of servers) {
      const hosts = server.replica().hosts();
      const connected = hosts.filter(({ state }) => state === "connected");
      if (connected.length < servers.length - 1) {
        throw new Error(`${name} is connected to ${connected.length} of ${servers.length - 1}`);
      }
    }
    return true;
  }, LINKED_MS_MAX);
}

async function tearDown(servers: readonly TestServer[], neighborhood: Neighborhood): Promise<void> {
  present = undefined;
  await Promise.all(servers.map((server) => server.stop()));
  await Promise.all(servers.map((server) => deleteKeys(server.redisUrl, neighborhood)));
}

/** Deletes the keys of one neighborhood in one database, and no other. */
async function deleteKeys(url: string, neighborhood: Neighborhood): Promise<void> {
  const redis = createClient({ url });
  await redis.connect();
  const pattern = `dred:${neighborhood}:*`;
  for await (const keys of redis.scanIterator({ MATCH: pattern, COUNT: 1_000 })) {
    if (keys.length > 0) await redis.del(keys);
  }
  await redis.close();
}
