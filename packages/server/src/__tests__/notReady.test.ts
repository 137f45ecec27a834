import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createMemoryStore, createServer, MemoryDisk, systemClock } from "@dred/server";
import type { Config, DredServer } from "@dred/server";
import { parseNeighborhood, parseServerId } from "@dred/protocol";
import { eventually, silentLog } from "@dred/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { createMessage } from "./news.ts";

/* What a server answers while it does not serve. */

type Call = readonly [method: string, path: string, body?: unknown];

/** What changes something, and listening. */
const CHANGES: readonly Call[] = [
  ["POST", "/channel/another", {}],
  ["DELETE", "/channel/news", {}],
  ["POST", "/channel/news/message", createMessage()],
  ["POST", "/channels/listen", [{ channel: "news" }]],
];
const POSTS_OF_MANY: Call = ["POST", "/channel/news/messages", [createMessage()]];
const LOOKS: readonly Call[] = [
  ["GET", "/channel/news"],
  ["GET", "/channel/news/messages"],
  ["GET", "/channel/news/logs"],
  ["GET", "/channels"],
  ["GET", "/hosts"],
  ["GET", "/replication"],
];
const ALL: readonly Call[] = [
  ...CHANGES,
  POSTS_OF_MANY,
  ...LOOKS,
  ["POST", "/channel/news/join", {}],
  ["GET", "/channel/news/logs/first.m2k9xqa7"],
  ["POST", "/channel/news/logs/first.m2k9xqa7/accept-gap", {}],
  ["DELETE", "/hosts/other"],
  ["GET", "/readyz"],
];

interface Answer {
  readonly call: Call;
  readonly status: number;
  readonly code: unknown;
  readonly retryAfter: string | null;
}

async function answerTo({ http }: DredServer, call: Call): Promise<Answer> {
  const [method, path, body] = call;
  const { port } = http.address() as AddressInfo;
  const content = body === undefined ? {} : { body: JSON.stringify(body) };
  const headers = body === undefined ? {} : { "content-type": "application/json" };
  const response = await fetch(`http://127.0.0.1:${port}${path}`, { method, headers, ...content });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  const { code } = (isJson ? JSON.parse(text) : {}) as { code?: unknown };
  return { call, status: response.status, code, retryAfter: response.headers.get("retry-after") };
}

async function answersTo(server: DredServer, calls: readonly Call[]): Promise<Answer[]> {
  return Promise.all(calls.map((call) => answerTo(server, call)));
}

/** How each of these calls is to be answered. */
function refused(calls: readonly Call[], code: string): Answer[] {
  return calls.map((call) => ({ call, status: 503, code, retryAfter: "1" }));
}

async function statusesOf(server: DredServer, paths: readonly string[]): Promise<number[]> {
  const calls = paths.map((path): Call => ["GET", path]);
  return (await answersTo(server, calls)).map(({ status }) => status);
}

/** A server on a disk of its own, which does not listen yet. */
async function create(id: string, hosts: Config["hosts"] = []): Promise<[DredServer, MemoryDisk]> {
  const config: Config = {
    serverId: parseServerId(id),
    address: "127.0.0.1",
    port: 0,
    neighborhood: parseNeighborhood("ready"),
    store: "memory:",
    hosts,
    publicUrl: "http://127.0.0.1:0",
    isFlowLogged: false,
    isRedisMonitored: false,
  };
  const disk = new MemoryDisk();
  const store = createMemoryStore({ disk, clock: systemClock, random: Math.random });
  const server = await createServer(config, { store, log: silentLog });
  onTestFinished(() => server.close());
  return [server, disk];
}

/** A server that serves and has one message. */
async function serving(): Promise<[DredServer, MemoryDisk]> {
  const [server, disk] = await create("first");
  await server.listen();
  await eventually(() => server.replica().readiness().isReady);
  await answersTo(server, [["POST", "/channel/news", {}]]);
  const posted = await answerTo(server, ["POST", "/channel/news/message", createMessage()]);
  expect(posted.status).toBe(200);
  return [server, disk];
}

describe("a server that does not serve", () => {
  test("is starting: not-ready to every call but whether it lives, and its metrics", async () => {
    const [server] = await create("first");
    server.http.listen(0, "127.0.0.1");
    await once(server.http, "listening");

    expect(await answersTo(server, ALL)).toEqual(refused(ALL, "not-ready"));
    expect(await statusesOf(server, ["/healthz", "/metrics"])).toEqual([200, 200]);
  });

  test("begins a new epoch: store-fenced to every call but whether it lives, and its metrics", async () => {
    const [server, disk] = await serving();
    disk.faultOf = (operation) => (operation === "open" ? "unreachable" : "none");
    disk.changeReplid();
    await eventually(async () => (await answerTo(server, ALL[0]!)).code === "store-fenced");

    expect(await answersTo(server, ALL)).toEqual(refused(ALL, "store-fenced"));
    expect(await statusesOf(server, ["/healthz", "/metrics"])).toEqual([200, 200]);

    disk.faultOf = () => "none";
    await eventually(async () => (await statusesOf(server, ["/readyz"]))[0] === 200, 10_000);
  });

  test("catches up with its peers: not-ready to what changes something, and to listening", async () => {
    const [first] = await serving();
    const [late, disk] = await create("late", [{ id: parseServerId("first"), url: first.url }]);
    disk.faultOf = (operation) => (operation === "commit" ? "unreachable" : "none");
    await late.listen();
    await eventually(() => late.replica().readiness().entriesMissing === 1, 10_000);

    expect(await answersTo(late, CHANGES)).toEqual(refused(CHANGES, "not-ready"));
    expect(await answerTo(late, ["GET", "/readyz"])).toMatchObject({ code: "not-ready" });
    const looks = await answersTo(late, LOOKS);
    expect(looks.map(({ status }) => status)).toEqual(LOOKS.map(() => 200));

    disk.faultOf = () => "none";
    await eventually(async () => (await answerTo(late, CHANGES[2]!)).status === 200, 10_000);
  });
});
