import type { ControlLine } from "@dred/protocol";
import { abortReason } from "../time/abortReason.ts";
import { LinkedAbort } from "../time/LinkedAbort.ts";
import { Beginning } from "./Beginning.ts";
import { BoundedQueue } from "./BoundedQueue.ts";
import { followHosts } from "./followHosts.ts";
import type { FollowContext, Reader } from "./followHosts.ts";
import type { ListenTarget } from "./ListenTarget.ts";
import type { Message } from "./Message.ts";
import { ReadPositions } from "./ReadPositions.ts";
import type { ReceivedLine } from "./ReceivedLine.ts";
import { SeenMessages } from "./SeenMessages.ts";

/** Lines that wait for a slow consumer; beyond them the server is not read from. */
const QUEUE_LINES_MAX = 1_000;

/** A line on its way to the consumer; a twin goes along only to move the cursor. */
interface Queued {
  readonly line: ReceivedLine;
  readonly isTwin: boolean;
}

/**
 * The messages of one or more channels, for one consumer: each once (R6), those of one origin in
 * the order in which it took them (R7). Reconnects and resumes by itself until it is closed.
 *
 * Nothing is dropped for a slow consumer: 1,000 lines wait here, the rest stays with the server.
 * The iteration ends when the client disconnects or `close()` is called; it throws `signal.reason`
 * when its signal is aborted, and a DredError when a server refuses the request for good.
 */
export class MessageStream<Item = Message> implements AsyncIterable<Item>, AsyncDisposable {
  readonly #queue = new BoundedQueue<Queued>(QUEUE_LINES_MAX);
  readonly #seen = new SeenMessages();
  /** Where the connection stands, and where the consumer does, which is behind it. */
  readonly #read: ReadPositions;
  readonly #given: ReadPositions;
  readonly #withControlLines: boolean;
  readonly #abort: LinkedAbort;
  readonly #iterator: AsyncGenerator<Item, undefined>;
  readonly #running: Promise<void>;
  readonly #beginning: Beginning;

  /** @throws DredError `invalid-cursor`. */
  constructor(targets: readonly ListenTarget[], context: StreamContext) {
    this.#read = new ReadPositions(targets);
    this.#given = new ReadPositions(targets);
    this.#withControlLines = context.withControlLines;
    this.#beginning = new Beginning(targets);
    this.#abort = new LinkedAbort([context.clientSignal, context.signal]);
    this.#iterator = this.#items();
    this.#running = this.#run(context);
  }

  /**
   * Resolves when all channels are listened to: what is posted from then on arrives. A channel
   * that does not exist yet counts, and arrives once it is created. Rejects when the stream ends
   * before.
   */
  get listening(): Promise<void> {
    return this.#beginning.promise;
  }

  /** Resolves when the connection has ended for good, whoever ended it; never rejects. */
  get ended(): Promise<void> {
    return this.#running;
  }

  /**
   * The position behind the last message handed out, as text that is valid on every server;
   * undefined for a channel that no server has answered for yet, or a pattern.
   */
  cursor(channel: string): string | undefined {
    return this.#given.cursor(channel.normalize("NFC"));
  }

  [Symbol.asyncIterator](): AsyncIterator<Item, undefined> {
    return this.#iterator;
  }

  /** Ends the connection and the iteration. */
  async close(): Promise<void> {
    this.#abort.abort(CLOSED);
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async *#items(): AsyncGenerator<Item, undefined> {
    try {
      for (;;) {
        const queued = await this.#queue.take();
        if (queued === undefined) return undefined;
        this.#given.advance(queued.line);
        const item = this.#toItem(queued);
        if (item !== undefined) yield item as Item;
      }
    } finally {
      await this.close();
    }
  }

  #toItem({ line, isTwin }: Queued): Message | ControlLine | undefined {
    if (line.kind === "message") return isTwin ? undefined : line.message;
    return line.kind === "control" && this.#withControlLines ? line.line : undefined;
  }

  /** Never rejects: what ends the stream is told to its consumer. */
  async #run(context: StreamContext): Promise<void> {
    const { signal } = this.#abort;
    // Also wakes the connection where it waits for a consumer that will not come.
    signal.addEventListener("abort", () => this.#queue.clear(), { once: true });
    const reader: Reader = {
      targets: () => this.#read.targets(),
      receive: (line) => this.#receive(line),
    };
    try {
      await followHosts(reader, { ...context, signal });
    } catch (error) {
      const isClosed = signal.aborted && context.signal?.aborted !== true;
      if (signal.aborted) this.#queue.clear();
      this.#queue.end(isClosed ? {} : { error });
      this.#beginning.fail(signal.aborted ? abortReason(signal) : error);
    } finally {
      this.#abort.release();
    }
  }

  #receive(line: ReceivedLine): Promise<void> | undefined {
    if (this.#read.isCovered(line)) return undefined;
    this.#read.advance(line);
    if (line.kind === "message") this.#queue.push({ line, isTwin: this.#isTwin(line) });
    else if (line.kind === "control") this.#receiveControl(line);
    return this.#queue.isFull ? this.#queue.room() : undefined;
  }

  #receiveControl(received: Extract<ReceivedLine, { readonly kind: "control" }>): void {
    const { line } = received;
    if (line.type === "deleted") this.#seen.forgetChannel(line.channel);
    if (line.type === "listening" || line.type === "warning") this.#beginning.note(line.channel);
    if (line.type === "heartbeat") this.#beginning.notePatterns();
    if (line.type === "heartbeat" && !this.#withControlLines) return;
    this.#queue.push({ line: received, isTwin: false });
  }

  #isTwin(line: Extract<ReceivedLine, { readonly kind: "message" }>): boolean {
    const { channel, sender, ocid } = line.message;
    return !this.#seen.add({ channel, sender, ocid, content: line.content });
  }
}

export interface StreamContext extends Omit<FollowContext, "signal"> {
  /** Aborted when the client disconnects. */
  readonly clientSignal: AbortSignal;
  /** The consumer's own. */
  readonly signal: AbortSignal | undefined;
  readonly withControlLines: boolean;
}

const CLOSED = new Error("the stream was closed");
