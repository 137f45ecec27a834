import { parseMid } from "@dred/protocol";
import type { ChannelName, Head, OriginId } from "@dred/protocol";
import type { LineSink, Listening, Replica } from "@dred/server";
import type { SimServer } from "./SimServer.ts";

/** A message as a reader got it. */
export interface ReceivedMessage {
  readonly mid: string;
  readonly origin: OriginId;
  readonly head: Head;
  readonly ocid: string;
  readonly content: string;
}

/**
 * A reader of one channel that goes on from its own vector, on whichever server, and writes
 * down what it gets. It reads raw lines: what a client library would hide is seen here.
 */
export class SimReader {
  readonly name: string;
  readonly received: ReceivedMessage[] = [];
  readonly gaps: string[] = [];
  readonly #channel: ChannelName;
  readonly #vector = new Map<OriginId, Head>();
  #listening: Listening | undefined;
  #server: SimServer | undefined;
  #replica: Replica | undefined;
  #isBehind = false;
  #drain: () => void = () => undefined;

  constructor(name: string, channel: ChannelName) {
    this.name = name;
    this.#channel = channel;
  }

  get isListening(): boolean {
    return this.#listening !== undefined && this.#server?.replica === this.#replica;
  }

  /** Leaves the server it is on, if any, and listens on another from where it stands. */
  moveTo(server: SimServer): void {
    this.leave();
    const { replica } = server;
    if (replica === undefined) return;
    this.#server = server;
    this.#replica = replica;
    const since = { kind: "vector", vector: new Map(this.#vector) } as const;
    const sink = this.#sink();
    this.#listening = replica.listen([{ channel: this.#channel, since }], sink);
  }

  leave(): void {
    this.#listening?.close();
    this.#listening = undefined;
  }

  /** Stops taking lines for now, as a slow network does. */
  pause(): void {
    this.#isBehind = true;
  }

  resume(): void {
    if (!this.#isBehind) return;
    this.#isBehind = false;
    this.#drain();
  }

  #sink(): LineSink {
    let isOpen = true;
    const mine = (): boolean => isOpen;
    this.#drain = () => undefined;
    return {
      write: (line) => {
        if (mine()) this.#take(line);
        return !this.#isBehind;
      },
      onDrain: (listener) => (this.#drain = listener),
      end: () => {
        isOpen = false;
        this.#listening = undefined;
      },
    };
  }

  #take(line: string): void {
    const value = JSON.parse(line) as Record<string, string>;
    if (value["mid"] === undefined) return this.#control(value);
    const { origin, ts, seq } = parseMid(value["mid"]);
    this.#vector.set(origin, { ts, seq });
    const { mid, ocid = "", msg = "" } = value;
    this.received.push({ mid, origin, head: { ts, seq }, ocid, content: msg });
  }

  #control(line: Record<string, string>): void {
    if (line["type"] === "gap") this.gaps.push(JSON.stringify(line));
    if (line["type"] === "deleted") this.#vector.clear();
  }
}
