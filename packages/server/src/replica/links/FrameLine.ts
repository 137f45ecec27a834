import { DredError, formatFrame, limits, parseFrame } from "@dred/protocol";
import type { Frame, ServerId } from "@dred/protocol";
import type { Connection } from "../ports/Connection.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import { trafficWith } from "../ReplicaCounts.ts";
import type { PeerTraffic } from "../ReplicaCounts.ts";

/** A peer that takes so little of what waits for it is cut off: it will dial again. */
const BUFFERED_BYTES_MAX = 3 * limits.FRAME_BYTES_MAX;
const LISTEN_INTERVAL_MS = 1_000;
/** A line that brings so much of entries within so long is busy with them. */
const BUSY_BYTES = 1_000;
const BUSY_MS = 1_000;
/** Of a WebSocket frame that a server sends (RFC 6455, 5.2). */
const HEADER_BYTES_MAX = 10;

type Farewell = Pick<Extract<Frame, { type: "bye" }>, "reason" | "detail">;

/**
 * A connection after its handshake, as a line of frames: every byte that comes is a sign of
 * life, silence for 7.5 s or a frame that cannot be read ends it. Both ends of a link use it.
 */
export class FrameLine {
  readonly #context: ReplicaContext;
  readonly #connection: Connection;
  readonly #peer: ServerId;
  readonly #traffic: PeerTraffic;
  #onFrame: (frame: Frame) => void = () => undefined;
  #onClosed: (() => void)[] = [];
  #cancelSilence: () => void = () => undefined;
  #isClosed = false;
  #lastHeardMs: number;
  /** What the connection had received when it was last looked at. */
  #receivedBytes = 0;
  /** Of which this was not entries, or none that bring more of their log. */
  #otherBytes = 0;
  #bulkBytes = 0;
  #lastBulkMs = Number.NEGATIVE_INFINITY;
  #farewell: Farewell | undefined;
  /** The text of the frame being received: its length is what credit is counted in. */
  #receivedChars = 0;
  #frameBytes = 0;

  constructor(context: ReplicaContext, connection: Connection, peer: ServerId) {
    this.#context = context;
    this.#connection = connection;
    this.#peer = peer;
    this.#traffic = trafficWith(context.counts, peer);
    this.#lastHeardMs = context.clock.steady();
    connection.onMessage((text) => this.#receive(text));
    connection.onClose((fault) => this.#lost(fault));
    this.#watchSilence();
  }

  get isClosed(): boolean {
    return this.#isClosed;
  }

  /** When the peer was last heard, by our clock; a part of a frame counts, too. */
  get lastHeardMs(): number {
    this.#listen();
    return this.#lastHeardMs;
  }

  /**
   * Whether at least a kilobyte of entries came in the last second, also of a part of a frame. To
   * be asked several times in a second: what came since the last time counts as of now.
   */
  get isBusy(): boolean {
    this.#listen();
    const bulkBytes = this.#receivedBytes - this.#otherBytes;
    this.#bulkBytes = Math.min(this.#bulkBytes, bulkBytes);
    if (bulkBytes >= this.#bulkBytes + BUSY_BYTES) {
      this.#bulkBytes = bulkBytes;
      this.#lastBulkMs = this.#lastHeardMs;
    }
    return this.#context.clock.steady() - this.#lastBulkMs < BUSY_MS;
  }

  /** What the peer said when it closed the line. */
  get farewell(): Farewell | undefined {
    return this.#farewell;
  }

  /** Length of the text of the frame that is being received. */
  get receivedChars(): number {
    return this.#receivedChars;
  }

  /** The frame that is being received brings nothing: the line is not busy with it. */
  discount(): void {
    this.#otherBytes += this.#frameBytes + HEADER_BYTES_MAX;
  }

  onFrame(listener: (frame: Frame) => void): void {
    this.#onFrame = listener;
  }

  onClosed(listener: () => void): void {
    if (this.#isClosed) listener();
    else this.#onClosed.push(listener);
  }

  /** Returns the length of the frame's text: what credit is counted in. */
  send(frame: Frame): number {
    const text = formatFrame(frame);
    if (this.#isClosed) return text.length;
    if (this.#connection.bufferedBytes > BUFFERED_BYTES_MAX) this.fail("it reads too slowly");
    else {
      this.#traffic.sentBytes += Buffer.byteLength(text);
      if (frame.type === "entries") this.#traffic.sentEntries += frame.entries.length;
      this.#connection.send(text);
    }
    return text.length;
  }

  /** Ends the line because of what the peer did; it is told. */
  fail(detail: string): void {
    if (this.#isClosed) return;
    this.#context.log.warn("link closed", { peer: this.#peer, detail });
    this.bye("protocol", detail);
  }

  bye(reason: string, detail: string): void {
    if (this.#isClosed) return;
    this.#connection.send(formatFrame({ type: "bye", reason, detail }));
    this.#connection.close();
    this.#closed();
  }

  #receive(text: string): void {
    if (this.#isClosed) return;
    this.#listen();
    this.#lastHeardMs = this.#context.clock.steady();
    this.#receivedChars = text.length;
    this.#frameBytes = Buffer.byteLength(text);
    this.#traffic.receivedBytes += this.#frameBytes;
    try {
      const frame = parseFrame(text);
      if (frame.type === "entries") this.#traffic.receivedEntries += frame.entries.length;
      if (frame.type !== "entries" && frame.type !== "gap") this.discount();
      if (frame.type === "bye") this.#hangUp(frame);
      else this.#onFrame(frame);
    } catch (error) {
      if (error instanceof DredError) return this.fail(error.detail);
      // A mistake of ours: it must not end the process, nor go unseen.
      this.#context.log.error("a frame could not be handled", { peer: this.#peer, error });
      this.fail("it sent a frame that this server cannot handle");
    }
  }

  /** Bytes are a sign of life before they make up a frame. */
  #listen(): void {
    const { receivedBytes } = this.#connection;
    if (receivedBytes === this.#receivedBytes) return;
    this.#receivedBytes = receivedBytes;
    this.#lastHeardMs = this.#context.clock.steady();
  }

  #hangUp({ reason, detail }: Farewell): void {
    this.#farewell = { reason, detail };
    this.#context.log.info("peer hung up", { peer: this.#peer, reason, detail });
    this.#connection.close();
    this.#closed();
  }

  #watchSilence(): void {
    const leftMs = this.lastHeardMs + limits.LINK_SILENCE_MS_MAX - this.#context.clock.steady();
    if (leftMs <= 0) return this.fail(`no sign of life for ${limits.LINK_SILENCE_MS_MAX} ms`);
    const lookMs = Math.min(leftMs, LISTEN_INTERVAL_MS);
    this.#cancelSilence = this.#context.clock.after(lookMs, () => this.#watchSilence());
  }

  /** The connection is gone, perhaps because a message could not be taken. */
  #lost(fault: string | undefined): void {
    const isNews = fault !== undefined && !this.#isClosed;
    if (isNews) this.#context.log.warn("link closed", { peer: this.#peer, detail: fault });
    this.#closed();
  }

  #closed(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#cancelSilence();
    for (const listener of this.#onClosed.splice(0)) listener();
  }
}
