import { once } from "node:events";
import { createServer } from "node:http";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** One `POST /channels/listen` that a client made. */
export interface FakeListener {
  readonly targets: readonly { readonly channel: string; readonly since?: unknown }[];
  /** Writes lines of a stream, one for each value. */
  send(...lines: readonly object[]): void;
  write(bytes: Uint8Array | string): boolean;
  /** Ends the answer as HTTP does, with no last line of ours. */
  end(): void;
  /** Breaks the connection. */
  cut(): void;
  /** Resolves when the connection is gone, whoever ended it. */
  readonly closed: Promise<unknown>;
  readonly response: ServerResponse;
}

export interface FakeAnswer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

export interface FakeRequest {
  readonly method: string;
  readonly path: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** Speaks the documented lines of a server and does nothing else: the test decides what it says. */
export class FakeServer {
  readonly requests: FakeRequest[] = [];
  /** What any other request than listening is answered with. */
  answer: (request: FakeRequest) => FakeAnswer | Promise<FakeAnswer> = () => ({ body: {} });
  url = "";
  /** Set to refuse listeners. */
  refusal: FakeAnswer | undefined;
  readonly #server: Server;
  readonly #listeners: FakeListener[] = [];
  #wake: () => void = () => {};

  private constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  static async open(): Promise<FakeServer> {
    const fake = new FakeServer();
    fake.#server.listen(0, "127.0.0.1");
    await once(fake.#server, "listening");
    fake.url = `http://127.0.0.1:${(fake.#server.address() as AddressInfo).port}`;
    return fake;
  }

  /** The next listener, in the order in which they came; the test's own deadline bounds it. */
  async nextListener(): Promise<FakeListener> {
    for (;;) {
      const listener = this.#listeners.shift();
      if (listener !== undefined) return listener;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, "close");
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const text = Buffer.concat(chunks).toString();
    const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
    const call = { method: request.method ?? "", path: request.url ?? "", body };
    this.requests.push(call);
    if (call.path !== "/channels/listen") reply(response, await this.answer(call));
    else if (this.refusal !== undefined) reply(response, this.refusal);
    else this.#accept(call, response);
  }

  #accept(call: FakeRequest, response: ServerResponse): void {
    response.writeHead(200, { "content-type": "application/x-ndjson" });
    response.flushHeaders();
    this.#listeners.push({
      targets: call.body as unknown as FakeListener["targets"],
      send: (...lines) => {
        for (const line of lines) response.write(`${JSON.stringify(line)}\n`);
      },
      write: (bytes) => response.write(bytes),
      end: () => response.end(),
      cut: () => response.destroy(),
      closed: once(response, "close"),
      response,
    });
    this.#wake();
  }
}

function reply(response: ServerResponse, { status = 200, headers = {}, body }: FakeAnswer): void {
  response.writeHead(status, headers);
  response.end(typeof body === "string" ? body : JSON.stringify(body));
}
