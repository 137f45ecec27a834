import { DredClient } from "@dred/client";
import type { HostAddress, HostDiscovery, MessageStream } from "@dred/client";
import { toReceived } from "./Reader.ts";
import type { Reader, Received, ReceivedControl } from "./Reader.ts";

/** Names one host at a time, and the next when it is told to. */
class TurningDiscovery implements HostDiscovery {
  readonly #urls: readonly string[];
  #turn = 0;
  #turned: () => void = () => undefined;

  constructor(urls: readonly string[]) {
    this.#urls = urls;
  }

  turn(): void {
    this.#turn++;
    this.#turned();
  }

  async *hosts(signal: AbortSignal): AsyncIterable<readonly HostAddress[]> {
    signal.addEventListener("abort", () => this.#turned(), { once: true });
    while (!signal.aborted) {
      yield [{ url: this.#urls[this.#turn % this.#urls.length] ?? "" }];
      await new Promise<void>((resolve) => (this.#turned = resolve));
    }
  }
}

/** A reader through DredClient that goes from server to server. */
export class MovingReader implements Reader {
  readonly name = "moving";
  readonly received: Received[] = [];
  readonly controls: ReceivedControl[] = [];
  readonly #client: DredClient;
  readonly #discovery: TurningDiscovery;
  readonly #running: Promise<void>;
  readonly #timer: NodeJS.Timeout;
  #stay = new AbortController();

  /** @param moveMs How long it stays with a server. */
  constructor(urls: readonly string[], channels: readonly string[], moveMs: number) {
    this.#discovery = new TurningDiscovery(urls);
    // The client stays where it is while that goes well: cutting its stream makes it move.
    const fetchHere: typeof fetch = (input, init) => {
      const own = init?.signal ?? undefined;
      const signals = own === undefined ? [this.#stay.signal] : [this.#stay.signal, own];
      return fetch(input, { ...init, signal: AbortSignal.any(signals) });
    };
    this.#client = new DredClient({ discovery: this.#discovery, fetch: fetchHere });
    const targets = channels.map((channel) => ({ channel, since: "start" }));
    this.#running = this.#read(this.#client.listen(targets));
    this.#timer = setInterval(() => this.move(), moveMs);
  }

  /** Goes to the next server. */
  move(): void {
    this.#discovery.turn();
    this.#stay.abort();
    this.#stay = new AbortController();
  }

  async close(): Promise<void> {
    clearInterval(this.#timer);
    await this.#client.disconnect();
    await this.#running;
  }

  async #read(stream: MessageStream): Promise<void> {
    for await (const message of stream) this.received.push(toReceived(message));
  }
}
