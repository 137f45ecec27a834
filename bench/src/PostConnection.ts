import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";

const HEAD_END = "\r\n\r\n";
const ANSWER_MS_MAX = 60_000;
const LENGTH = /\r\ncontent-length: (\d+)/i;

interface Waiting {
  resolve(status: number): void;
  reject(error: Error): void;
}

/**
 * One kept HTTP connection with one request in flight. It reads no more of an answer than its
 * status and length: general HTTP clients cost several times what the measured server does, on
 * the same processors, and would be what is measured.
 */
export class PostConnection implements Disposable {
  readonly #socket: Socket;
  readonly #host: string;
  #text = "";
  #waiting: Waiting | undefined;

  private constructor(socket: Socket, host: string) {
    this.#socket = socket;
    this.#host = host;
    socket.setEncoding("latin1").on("data", (text: string) => this.#take(text));
    socket.setTimeout(ANSWER_MS_MAX, () => socket.destroy(new Error("a server does not answer")));
    socket.on("error", (error) => this.#waiting?.reject(error));
    socket.on("close", () => this.#waiting?.reject(new Error("a server closed the connection")));
  }

  /** Also when the server closed it because nothing was asked for a while. */
  get isClosed(): boolean {
    return this.#socket.closed || this.#socket.readableEnded;
  }

  static async open(url: string): Promise<PostConnection> {
    const { hostname, port, host } = new URL(url);
    const socket = connect({ host: hostname, port: Number(port), noDelay: true });
    await once(socket, "connect");
    return new PostConnection(socket, host);
  }

  /**
   * Resolves with the answer's status.
   *
   * @param body JSON without characters beyond ASCII.
   */
  post(path: string, body: string): Promise<number> {
    return new Promise((resolve, reject) => {
      if (this.isClosed) return reject(new Error("a server closed the connection"));
      this.#waiting = { resolve, reject };
      this.#socket.write(
        `POST ${path} HTTP/1.1\r\nHost: ${this.#host}\r\nContent-Type: application/json\r\n` +
          `Content-Length: ${body.length}${HEAD_END}${body}`,
        "latin1",
      );
    });
  }

  [Symbol.dispose](): void {
    this.#socket.destroy();
  }

  #take(text: string): void {
    this.#text += text;
    const headEnd = this.#text.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const length = Number(LENGTH.exec(this.#text)?.[1] ?? 0);
    if (this.#text.length < headEnd + HEAD_END.length + length) return;
    const status = Number(this.#text.slice("HTTP/1.1 ".length, "HTTP/1.1 200".length));
    this.#text = "";
    this.#waiting?.resolve(status);
  }
}
