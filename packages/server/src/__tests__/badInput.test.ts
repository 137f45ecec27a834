import { bodyOf, eventually, RawConnection } from "@dred/testkit";
import type { RawListener } from "@dred/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { createMessage, errorBody, setupNews } from "./news.ts";
import type { News } from "./news.ts";

let setup: News;

beforeEach(async () => {
  setup = await setupNews();
});

describe("bad input", () => {
  const send = (text: string, type = "application/json") =>
    setup.agent.post("/channel/news/message").set("content-type", type).send(text);

  /** Whatever came before: the listener gets the next message, and got nothing but messages. */
  async function expectStillHeard(listener: RawListener): Promise<void> {
    const { ocid } = createMessage();
    await setup.post(createMessage({ ocid })).expect(200);
    await listener.line({ ocid });
    expect(listener.messages).toHaveLength(1);
  }

  const deep = `{"msg":"x","type":"t","ocid":"deep","x":${"[".repeat(200_000)}${"]".repeat(200_000)}}`;
  it.each([
    ["broken JSON", '{"msg":', 400],
    ["JSON cut off in a string", '{"msg":"x', 400],
    ["an empty body", "", 422],
    ["null", "null", 422],
    ["a list", "[]", 422],
    ["a number", "5", 422],
    ["a key __proto__ alone", '{"__proto__":{"msg":"x","type":"t","ocid":"p"}}', 422],
    ["200,000 levels", deep, 422],
    ["over 1 MiB", JSON.stringify({ msg: "x".repeat(1_048_576) }), 413],
    ["over 20 MiB", JSON.stringify({ msg: "x".repeat(20_971_520) }), 413],
  ])("%s: a clear error, and nobody is harmed", async (_name, body, status) => {
    const listener = await setup.openListener();
    const response = await send(body);
    expect(response.status).toBe(status);
    expect(response.body).toEqual(errorBody());
    await expectStillHeard(listener);
  });

  it.each(["text/plain", "application/x-www-form-urlencoded", "nonsense", "application/xml"])(
    "answers 415 to the content type %s",
    async (type) => {
      const { code } = await bodyOf(send("msg=hi", type).expect(415));
      expect(code).toBe("wrong-content-type");
    },
  );

  it.each([
    ["GET", "/"],
    ["GET", "/nothing"],
    ["POST", "/nothing"],
    ["GET", "/channel/news/nothing"],
  ])("%s %s is answered 404", async (method, path) => {
    const response = await fetch(setup.url + path, { method });
    expect(response.status).toBe(404);
    expect(await response.json()).toEqual(errorBody("unknown-route"));
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
  });

  it.each([
    ["PUT", "/channel/news", "POST, GET, HEAD, DELETE, OPTIONS"],
    ["PATCH", "/channels", "GET, HEAD, OPTIONS"],
    ["DELETE", "/channels", "GET, HEAD, OPTIONS"],
    ["PROPFIND", "/channels", "GET, HEAD, OPTIONS"],
    ["GET", "/channels/listen", "POST, OPTIONS"],
  ])("%s %s is answered 405, and what is allowed: %s", async (method, path, allowed) => {
    const response = await fetch(setup.url + path, { method });
    expect(response.status).toBe(405);
    expect(await response.json()).toEqual(errorBody("wrong-method"));
    expect(response.headers.get("allow")?.split(", ").sort()).toEqual(allowed.split(", ").sort());
    expect(response.headers.get("access-control-allow-origin")).toBe("*");
  });

  it("refuses what is not UTF-8 instead of storing something else", async () => {
    const listener = await setup.openListener();
    const body = Buffer.from(JSON.stringify(createMessage({ msg: "\u00fc" })), "latin1");
    const response = await fetch(`${setup.url}/channel/news/message`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ code: "invalid-json" });
    await expectStillHeard(listener);
  });

  it("keeps harmless keys harmless", async () => {
    const listener = await setup.openListener();
    const odd = '"constructor":{"prototype":{"x":1}},"hasOwnProperty":1,"toString":2,"":3';
    const body = `{"msg":"m","type":"t","ocid":"odd","__proto__":{"polluted":1},${odd}}`;
    await send(body).expect(200);
    const line = await listener.line({ ocid: "odd" });
    expect(line).toMatchObject({ hasOwnProperty: 1, toString: 2, "": 3 });
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
  });

  it.each([
    [
      "half a body",
      'POST /channel/news/message HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 50\r\n\r\n{"msg":',
    ],
    ["half a head", "POST /channel/news/message HTTP/1.1\r\nho"],
    [
      "half a chunk",
      "POST /channel/news/message HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n20\r\n{",
    ],
    [
      "a listen request",
      'POST /channels/listen HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 20\r\n\r\n[{"channel":"news"}]',
    ],
    [
      "half an upgrade",
      "GET /peer HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n",
    ],
    ["nothing", ""],
  ])("a client that disconnects after %s harms nobody", async (_name, text) => {
    const listener = await setup.openListener();
    const connection = await RawConnection.open(setup.servers.first.port);
    connection.send(text);
    await setup.agent.get("/healthz").expect(200);
    connection.cut();
    await expectStillHeard(listener);
  });

  it.each([
    ["what is no HTTP", "hello\r\n\r\n", 400],
    ["an unknown method", "SING / HTTP/1.1\r\nhost: x\r\n\r\n", 400],
    [
      "a body that is not chunked as it says",
      "POST /channel/news/message HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
      400,
    ],
    [
      "headers over 64 KiB",
      `GET /channels HTTP/1.1\r\nhost: x\r\nx: ${"y".repeat(70_000)}\r\n\r\n`,
      431,
    ],
    [
      "an upgrade of another path",
      "GET /channels HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
      404,
    ],
    [
      "an upgrade that is none",
      "GET /peer HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n",
      400,
    ],
  ])("%s is answered, and nobody is harmed", async (_name, text, status) => {
    const listener = await setup.openListener();
    const connection = await RawConnection.open(setup.servers.first.port);
    connection.send(text);
    expect(await connection.status()).toBe(status);
    await expectStillHeard(listener);
  });

  it("cuts off a peer that sends what is no frame, and goes on", async () => {
    const listener = await setup.openListener();
    const client = setup.server.mkClient(setup.url);
    const { signal } = new AbortController();
    const socket = await client.openSocket(setup.url, "/peer", signal);
    const closed = new Promise<void>((resolve) => socket.onClose(() => resolve()));
    socket.onMessage(() => undefined);
    socket.send("this is no frame");
    await closed;
    await client.disconnect();
    await expectStillHeard(listener);
  });

  it("keeps a connection for the next request after an error", async () => {
    const connection = await RawConnection.open(setup.servers.first.port);
    const head = "POST /channel/news/message HTTP/1.1\r\nhost: x\r\ncontent-type: application/json";
    connection.send(`${head}\r\ncontent-length: 2\r\n\r\n{]`);
    expect(await connection.status()).toBe(400);
    connection.send("GET /channels HTTP/1.1\r\nhost: x\r\n\r\n");
    await eventually(() => connection.received.includes('{"channels":["news"]}'));
  });
});
