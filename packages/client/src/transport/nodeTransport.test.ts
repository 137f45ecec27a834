import { once } from "node:events";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { afterEach, describe, expect, test } from "vitest";
import { WebSocketServer } from "ws";
import { openSocket } from "./nodeTransport.ts";

const closing: (() => void)[] = [];
const never = new AbortController().signal;

afterEach(() => {
  for (const close of closing.splice(0)) close();
});

async function openServer(): Promise<{ readonly server: WebSocketServer; readonly url: string }> {
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  closing.push(() => {
    for (const socket of server.clients) socket.terminate();
    server.close();
  });
  await once(server, "listening");
  return { server, url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}/peer` };
}

describe("sockets in Node", () => {
  test("carry text both ways, unmasked bytes intact, and know that the other end is near", async () => {
    const { server, url } = await openServer();
    server.on("connection", (socket) => {
      socket.on("message", (data: Buffer) => socket.send(`echo ${data.toString()}`));
    });
    const connection = await openSocket(url, never);
    const received = new Promise((resolve) => connection.onMessage(resolve));

    connection.send("grün 🌊");

    expect(await received).toBe("echo grün 🌊");
    expect(connection.isLoopback).toBe(true);
    connection.close();
  });

  test("keep what arrives before anybody listens", async () => {
    const { server, url } = await openServer();
    server.on("connection", (socket) => {
      socket.send("one");
      socket.send("two");
    });
    const connection = await openSocket(url, never);
    await new Promise((resolve) => setImmediate(resolve));
    const received: string[] = [];

    const both = new Promise<void>((resolve) => {
      connection.onMessage((text) => {
        received.push(text);
        if (received.length === 2) resolve();
      });
    });

    await both;
    expect(received).toEqual(["one", "two"]);
    connection.close();
  });

  test("tell of the close, whoever closed, also afterwards", async () => {
    const { server, url } = await openServer();
    server.on("connection", (socket) => socket.close());
    const connection = await openSocket(url, never);
    connection.onMessage(() => {});

    await new Promise<void>((resolve) => connection.onClose(() => resolve()));
    await new Promise<void>((resolve) => connection.onClose(() => resolve()));

    connection.send("into the void");
  });

  test("are not opened where nobody is", async () => {
    await expect(openSocket("ws://127.0.0.1:1/peer", never)).rejects.toMatchObject({
      code: "host-unreachable",
    });
  });

  test("an abort during the handshake rejects with its reason and closes the connection", async () => {
    const silent = createServer();
    silent.listen(0, "127.0.0.1");
    await once(silent, "listening");
    closing.push(() => silent.close());
    const abort = new AbortController();
    const { port } = silent.address() as AddressInfo;
    const opening = openSocket(`ws://127.0.0.1:${port}/peer`, abort.signal);
    const [socket] = (await once(silent, "connection")) as [NodeJS.Socket & { resume(): void }];
    socket.resume();
    const closed = once(socket, "close");

    abort.abort(new Error("enough"));

    await expect(opening).rejects.toThrow("enough");
    await closed;
  });
});
