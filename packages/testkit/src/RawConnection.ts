import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";

/** A bare TCP connection, for what no HTTP client would send. It is cut when the test ends. */
export class RawConnection {
  readonly #socket: Socket;
  #received = "";

  static async open(port: number): Promise<RawConnection> {
    const socket = connect(port, "127.0.0.1");
    await once(socket, "connect");
    return new RawConnection(socket);
  }

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => (this.#received += text));
    socket.on("error", () => undefined); // a server may well reset it
    onTestFinished(() => this.cut());
  }

  /** All that has come so far. */
  get received(): string {
    return this.#received;
  }

  send(text: string | Buffer): void {
    this.#socket.write(text);
  }

  /** Waits for the head of an answer and gives its status. */
  async status(deadlineMs?: number): Promise<number> {
    const head = await eventually(
      () => /^HTTP\/1\.1 (?<status>\d{3}) /.exec(this.#received)?.groups,
      deadlineMs,
    );
    return Number(head["status"]);
  }

  /** Ends it at once, with a reset. */
  cut(): void {
    this.#socket.resetAndDestroy();
  }
}
