import { setTimeout as wait } from "node:timers/promises";
import { toReceived } from "./Reader.ts";
import type { Reader, Received, ReceivedControl, ReceivedFields } from "./Reader.ts";

const AGAIN_MS = 100;

type Line = Readonly<Record<string, unknown>>;

/**
 * A reader without the client, which stays with one server: raw ND-JSON, nothing repaired. Cut
 * off, it goes on from the vector that it made itself of the positions it has got.
 */
export class RawReader implements Reader {
  readonly name: string;
  readonly received: Received[] = [];
  readonly controls: ReceivedControl[] = [];
  readonly #url: string;
  /** By channel and origin the largest `ts-seq`. */
  readonly #vectors: ReadonlyMap<string, Map<string, string>>;
  readonly #abort = new AbortController();
  readonly #running: Promise<void>;

  constructor(name: string, url: string, channels: readonly string[]) {
    this.name = name;
    this.#url = url;
    this.#vectors = new Map(channels.map((channel) => [channel, new Map()]));
    this.#running = this.#run();
  }

  async close(): Promise<void> {
    this.#abort.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#abort;
    while (!signal.aborted) {
      await this.#listen().catch(() => undefined); // it is cut, or cannot: again
      if (!signal.aborted) await wait(AGAIN_MS);
    }
  }

  async #listen(): Promise<void> {
    const requests = [...this.#vectors].map(([channel, vector]) => {
      return { channel, since: vector.size === 0 ? "start" : Object.fromEntries(vector) };
    });
    const { body } = await fetch(`${this.#url}/channels/listen`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(requests),
      signal: this.#abort.signal,
    });
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of body ?? []) {
      const lines = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
      rest = lines.pop() ?? "";
      for (const line of lines) this.#take(JSON.parse(line) as Line);
    }
  }

  #take(line: Line): void {
    if ("mid" in line) this.#takeMessage(line as unknown as ReceivedFields);
    else this.#takeControl(line);
  }

  #takeMessage(message: ReceivedFields): void {
    const { channel, mid } = message;
    const slash = mid.indexOf("/");
    this.#vectors.get(channel)?.set(mid.slice(0, slash), mid.slice(slash + 1));
    this.received.push(toReceived(message));
  }

  #takeControl(line: Line): void {
    const { type, reason, channel, origin, through } = line as Record<string, string | undefined>;
    if (type === "heartbeat") return;
    if (type === "gap") this.#vectors.get(channel ?? "")?.set(origin ?? "", through ?? "");
    const told = reason === undefined ? {} : { reason };
    this.controls.push({ type: String(type), ...told, atMs: performance.now() });
  }
}
