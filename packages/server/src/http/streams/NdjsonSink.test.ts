import { once } from "node:events";
import { createServer } from "node:http";
import type { ServerResponse } from "node:http";
import { connect } from "node:net";
import type { AddressInfo, Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { NdjsonSink } from "./NdjsonSink.ts";

const LINE = "x".repeat(65_536);

describe("the lines of a stream on a real connection", () => {
  const server = createServer();
  let reader: Socket;
  let response: ServerResponse;
  let received = "";

  beforeEach(async () => {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    reader = connect(port, "127.0.0.1");
    received = "";
    const requested = once(server, "request");
    reader.write("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    [, response] = (await requested) as [unknown, ServerResponse];
  });

  afterEach(async () => {
    reader.destroy();
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  });

  function readOn(): void {
    reader.setEncoding("utf8").on("data", (text: string) => (received += text));
  }

  test("the head and the first line are sent before anything happens", async () => {
    new NdjsonSink(response, () => 0).open();
    const [first] = (await once(reader, "data")) as [Buffer];
    expect(first.toString()).toContain(`{"type":"heartbeat-info","timerInterval":7000}\n`);
  });

  test("a reader that is behind stops the writer and is told of once it has caught up", async () => {
    const sink = new NdjsonSink(response, () => 0);
    const drained = new Promise<void>((resolve) => sink.onDrain(resolve));
    sink.open();
    let written = 1;
    while (sink.write(LINE)) written++;
    expect(written).toBeLessThan(10);
    readOn();
    await drained;
    expect(sink.write("more")).toBe(true);
    sink.end();
    await once(reader, "end");
    expect(received.split(LINE).length - 1).toBe(written);
    expect(received).toContain("more\n");
  });

  test("a reader that takes nothing for a minute while data waits is cut off", async () => {
    let now = 0;
    const sink = new NdjsonSink(response, () => now);
    const closed = once(response, "close");
    reader.pause();
    sink.open();
    // More than the network's own buffers hold, so that something surely waits here.
    response.write(Buffer.alloc(64 * 1_048_576));
    now = 59_000;
    sink.beat("{}", now);
    expect(response.writableEnded).toBe(false);
    now = 61_000;
    sink.beat("{}", now);
    expect(response.writableEnded).toBe(true);
    sink.beat("{}", now + 7_000);
    await closed;
    expect(response.destroyed).toBe(true);
  });
});
