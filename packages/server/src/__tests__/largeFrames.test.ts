import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { formatFrame, limits, parseFrame, parseNeighborhood, parseServerId } from "@dred/protocol";
import { createMemoryStore, createServer, MemoryDisk, systemClock } from "@dred/server";
import type { Config, DredServer } from "@dred/server";
import { eventually, silentLog } from "@dred/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { WebSocketServer } from "ws";
import type { WebSocket } from "ws";
import { createMessage } from "./news.ts";
import { helloOf, RawPeer } from "./RawPeer.ts";

/* A message between servers that is larger than any frame may be. */

const NEIGHBORHOOD = "large";
const HAVE = formatFrame({ type: "have", origins: new Map(), registry: "" });
const TOO_LARGE = "x".repeat(limits.FRAME_BYTES_MAX + 1);

interface Warning {
  readonly message: string;
  readonly detail?: unknown;
}

interface Warned {
  readonly server: DredServer;
  readonly warnings: Warning[];
}

/** A server that serves, with a channel `news`, and what it warns of. */
async function serving(hosts: Config["hosts"] = []): Promise<Warned> {
  const config: Config = {
    serverId: parseServerId("first"),
    address: "127.0.0.1",
    port: 0,
    neighborhood: parseNeighborhood(NEIGHBORHOOD),
    store: "memory:",
    hosts,
    publicUrl: "http://127.0.0.1:0",
    isFlowLogged: false,
    isRedisMonitored: false,
  };
  const warnings: Warning[] = [];
  const warn = (message: string, fields?: object): void =>
    void warnings.push({ message, ...fields });
  const parts = { disk: new MemoryDisk(), clock: systemClock, random: Math.random };
  const overrides = { store: createMemoryStore(parts), log: { ...silentLog, warn } };
  const server = await createServer(config, overrides);
  onTestFinished(() => server.close());
  await server.listen();
  await eventually(() => server.replica().readiness().isReady, 10_000);
  const client = server.mkClient(server.url);
  onTestFinished(() => client.disconnect());
  await client.createChannel("news");
  await client.postMessage("news", createMessage());
  return { server, warnings };
}

/** A server in the eyes of another: it shakes hands with everyone who dials, and says `have`. */
async function startPeer(onLinked: (socket: WebSocket) => void): Promise<string> {
  const sockets = new WebSocketServer({ port: 0, host: "127.0.0.1", path: "/peer" });
  onTestFinished(() => {
    for (const socket of sockets.clients) socket.terminate();
    sockets.close();
  });
  await once(sockets, "listening");
  sockets.on("connection", (socket) => {
    socket.on("error", () => undefined);
    socket.on("message", (data: Buffer) => {
      const { type } = parseFrame(data.toString());
      if (type === "hello") socket.send(formatFrame(helloOf(NEIGHBORHOOD, "peer")));
      if (type === "proof" || type === "ping") socket.send(HAVE);
      if (type === "proof") onLinked(socket);
    });
  });
  return `http://127.0.0.1:${(sockets.address() as AddressInfo).port}`;
}

/** Whether a link was closed because of what came. */
const isTold = ({ message, detail }: Warning): boolean =>
  message === "link closed" && detail === "Max payload size exceeded";

const isPulling = (server: DredServer): boolean =>
  server
    .replica()
    .replication()
    .links.some(({ peer, pullingSinceMs }) => peer === "peer" && pullingSinceMs !== undefined);

describe("a frame that is larger than allowed", () => {
  test("6.2: from a peer that pulls, ends its link, with a reason for both; others go on", async () => {
    const { server, warnings } = await serving();
    const other = await RawPeer.join(server, NEIGHBORHOOD, "other");
    const peer = await RawPeer.join(server, NEIGHBORHOOD, "peer");

    peer.sendText(TOO_LARGE);

    await eventually(() => peer.isClosed);
    expect(peer.closeCode).toBe(1009); // RFC 6455: too big
    await eventually(() => warnings.some(isTold));
    other.send({ type: "ping", sent: 1 });
    await other.next("pong");
    const again = await RawPeer.join(server, NEIGHBORHOOD, "peer");
    again.send({ type: "pull", origin: server.replica().origin, logs: [] });
    await server.mkClient(server.url).postMessage("news", createMessage());
    await again.next("entries");
    expect(other.isClosed).toBe(false);
  });

  test("6.2: from a peer on which we pull, ends the link with a reason, and it is dialled again", async () => {
    const codes: number[] = [];
    const linked: WebSocket[] = [];
    const url = await startPeer((socket) => {
      socket.on("close", (code) => codes.push(code));
      linked.push(socket);
      if (linked.length === 1) socket.send(TOO_LARGE);
    });
    const { server, warnings } = await serving([{ id: parseServerId("peer"), url }]);

    await eventually(() => codes.length > 0);
    expect(codes).toEqual([1009]);
    await eventually(() => warnings.some(isTold));
    await eventually(() => linked.length === 2, 10_000);
    await eventually(() => isPulling(server));
    linked[1]?.send(formatFrame({ type: "bye", reason: "shutdown", detail: "the test ends" }));
  });
});
