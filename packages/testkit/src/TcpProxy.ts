import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";
import { ProxyLane } from "./ProxyLane.ts";

/** Stands between a client and a server on loopback, to cut, freeze or slow their connections. */
export class TcpProxy implements AsyncDisposable {
  /** What the client says; holding it is a cut in this one direction. */
  readonly toTarget = new ProxyLane();
  /** What the server says. */
  readonly toClient = new ProxyLane();
  /** Texts in what the server says, and what is put in their place; of the same length. */
  readonly rewrites = new Map<string, string>();
  readonly #target: URL;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  #isCut = false;

  private constructor(target: URL, server: Server) {
    this.#target = target;
    this.#server = server;
    server.on("connection", (client) => this.#join(client));
  }

  static async open(targetUrl: string): Promise<TcpProxy> {
    const server = createServer();
    const proxy = new TcpProxy(new URL(targetUrl), server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  /** The target's URL, by way of this proxy. */
  get url(): string {
    const url = new URL(this.#target);
    url.hostname = "127.0.0.1";
    url.port = String((this.#server.address() as AddressInfo).port);
    return url.href;
  }

  /** Ends all connections and refuses new ones. */
  cut(): void {
    this.#isCut = true;
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Keeps all connections, and lets nothing through, as a host that vanished would. */
  freeze(): void {
    this.toTarget.hold();
    this.toClient.hold();
  }

  /** Lets everything through again, at full speed, what was held back first. */
  restore(): void {
    this.#isCut = false;
    this.toTarget.release();
    this.toClient.release();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.restore();
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(client: Socket): void {
    if (this.#isCut) {
      client.destroy();
      return;
    }
    const upstream = connect(Number(this.#target.port || "6379"), this.#target.hostname);
    void this.#pump(client, upstream, this.toTarget);
    void this.#pump(upstream, client, this.toClient);
  }

  async #pump(from: Socket, to: Socket, lane: ProxyLane): Promise<void> {
    this.#sockets.add(from);
    from.setNoDelay(true);
    from.on("error", () => from.destroy());
    try {
      for await (const chunk of from as AsyncIterable<Buffer>) {
        const bytes = lane === this.toClient ? this.#rewrite(chunk) : chunk;
        for (const slice of lane.slices(bytes)) {
          await lane.pass(slice.length);
          if (!to.write(slice)) await drained(to);
        }
      }
    } catch {
      // It was reset, or cut here.
    }
    this.#sockets.delete(from);
    if (!this.#isCut) await lane.pass(0); // where nothing passes, the end of a connection does not
    to.destroySoon();
  }

  #rewrite(chunk: Buffer): Buffer {
    if (this.rewrites.size === 0) return chunk;
    let text = chunk.toString("latin1");
    for (const [found, put] of this.rewrites) text = text.replaceAll(found, put);
    return Buffer.from(text, "latin1");
  }
}

async function drained(socket: Socket): Promise<void> {
  if (socket.destroyed) return;
  await new Promise<void>((resolve) => {
    const settle = (): void => {
      socket.off("drain", settle).off("close", settle);
      resolve();
    };
    socket.on("drain", settle).on("close", settle);
  });
}
