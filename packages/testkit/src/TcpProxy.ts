import { once } from "node:events";
import { connect, createServer } from "node:net";
import type { AddressInfo, Server, Socket } from "node:net";

/** What a proxy does with what arrives: pass it on, hold it back, or refuse the connection. */
type ProxyState = "open" | "frozen" | "cut";

/** Stands between a client and a server on loopback, to cut or freeze their connections. */
export class TcpProxy implements AsyncDisposable {
  readonly #target: URL;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  /** Texts in what the server says, and what is put in their place; of the same length. */
  readonly rewrites = new Map<string, string>();
  #state: ProxyState = "open";

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
    this.#state = "cut";
    for (const socket of this.#sockets) socket.destroy();
  }

  /** Keeps all connections, and lets nothing through, as a host that vanished would. */
  freeze(): void {
    this.#state = "frozen";
    for (const socket of this.#sockets) socket.pause();
  }

  /** Lets everything through again, what was held back first. */
  restore(): void {
    this.#state = "open";
    for (const socket of this.#sockets) socket.resume();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cut();
    this.#server.close();
    await once(this.#server, "close");
  }

  #join(client: Socket): void {
    if (this.#state === "cut") {
      client.destroy();
      return;
    }
    const upstream = connect(Number(this.#target.port || "6379"), this.#target.hostname);
    this.#forward(client, upstream, (chunk) => chunk);
    this.#forward(upstream, client, (chunk) => this.#rewrite(chunk));
  }

  #rewrite(chunk: Buffer): Buffer {
    if (this.rewrites.size === 0) return chunk;
    let text = chunk.toString("latin1");
    for (const [found, put] of this.rewrites) text = text.replaceAll(found, put);
    return Buffer.from(text, "latin1");
  }

  #forward(from: Socket, to: Socket, change: (chunk: Buffer) => Buffer): void {
    this.#sockets.add(from);
    from.on("data", (chunk) => to.write(change(chunk)));
    from.on("error", () => from.destroy());
    from.on("close", () => {
      this.#sockets.delete(from);
      to.destroy();
    });
    if (this.#state === "frozen") from.pause();
  }
}
