import { formatFrame, parseEpoch, parseFrame, parseNeighborhood } from "@dred/protocol";
import { parseServerId } from "@dred/protocol";
import type { Frame, HelloFrame } from "@dred/protocol";
import { eventually } from "@dred/testkit";
import { onTestFinished } from "vitest";
import { WebSocket } from "ws";

/** A peer that is driven frame by frame. */
export class RawPeer {
  readonly frames: Frame[] = [];
  isClosed = false;
  /** With which code the other end closed it. */
  closeCode: number | undefined;
  readonly #socket: WebSocket;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data: Buffer) => this.frames.push(parseFrame(data.toString())));
    socket.on("close", (code) => {
      this.isClosed = true;
      this.closeCode = code;
    });
    socket.on("error", () => undefined);
  }

  static async dial(server: { readonly url: string }): Promise<RawPeer> {
    const socket = new WebSocket(`${server.url.replace("http", "ws")}/peer`);
    const peer = new RawPeer(socket);
    onTestFinished(() => socket.terminate());
    await new Promise((resolve, reject) => socket.once("open", resolve).once("error", reject));
    return peer;
  }

  /** Dials and shakes hands as `name`, where no secret is needed. */
  static async join(
    server: { readonly url: string },
    neighborhood: string,
    name?: string,
  ): Promise<RawPeer> {
    const peer = await RawPeer.dial(server);
    peer.send(helloOf(neighborhood, name));
    await peer.next("hello");
    peer.send({ type: "proof", proof: "" });
    await peer.next("have");
    return peer;
  }

  send(frame: Frame): void {
    this.#socket.send(formatFrame(frame));
  }

  sendText(text: string): void {
    this.#socket.send(text);
  }

  async next<Type extends Frame["type"]>(type: Type): Promise<Extract<Frame, { type: Type }>> {
    const isIt = (frame: Frame): frame is Extract<Frame, { type: Type }> => frame.type === type;
    return eventually(() => this.frames.find(isIt));
  }
}

/** What a stranger says of itself. */
export function helloOf(neighborhood: string, serverId = "stranger"): HelloFrame {
  return {
    type: "hello",
    protocol: 1,
    neighborhood: parseNeighborhood(neighborhood),
    serverId: parseServerId(serverId),
    storeId: "5".repeat(16),
    instance: "1".repeat(16),
    epoch: parseEpoch("mgj6k2nmp1"),
    version: "0.0.0",
    url: "http://127.0.0.1:1",
    clock: Date.now(),
    syncedTs: 0,
    nonce: "0".repeat(32),
    epochs: new Map(),
    proof: "",
  };
}
