import { once } from "node:events";
import { request } from "node:http";
import type { ClientRequest, IncomingMessage } from "node:http";

const OCID = /"ocid":"([^"]+)"/;
const LISTENING = '"type":"listening"';

/**
 * A listener as cheap as it can be, because it shares the processors with the servers: it looks
 * for the ocid of each message and parses nothing.
 */
export class LineReader implements Disposable {
  /** How many messages came. */
  count = 0;
  readonly #request: ClientRequest;
  readonly #onMessage: (ocid: string) => void;
  #text = "";
  #listening: () => void = () => undefined;

  private constructor(call: ClientRequest, onMessage: (ocid: string) => void) {
    this.#request = call;
    this.#onMessage = onMessage;
  }

  /** Resolves when all that follows is live. */
  static async open(
    url: string,
    channel: string,
    onMessage: (ocid: string) => void,
  ): Promise<LineReader> {
    const headers = { "content-type": "application/json" };
    const call = request(`${url}/channels/listen`, { method: "POST", headers, agent: false });
    const reader = new LineReader(call, onMessage);
    const listening = new Promise<void>((resolve) => (reader.#listening = resolve));
    call.end(JSON.stringify([{ channel }]));
    const [response] = (await once(call, "response")) as [IncomingMessage];
    if (response.statusCode !== 200) throw new Error(`listening: status ${response.statusCode}`);
    response.setEncoding("latin1").on("data", (text: string) => reader.#take(text));
    response.on("error", () => undefined); // the reader itself ends it
    await listening;
    return reader;
  }

  [Symbol.dispose](): void {
    this.#request.destroy();
  }

  #take(text: string): void {
    const lines = (this.#text + text).split("\n");
    this.#text = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith('{"mid"')) {
        this.count++;
        this.#onMessage(OCID.exec(line)?.[1] ?? "");
      } else if (line.includes(LISTENING)) this.#listening();
    }
  }
}
