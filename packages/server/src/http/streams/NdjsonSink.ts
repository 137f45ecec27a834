import type { ServerResponse } from "node:http";
import { formatControlLine, limits } from "@dred/protocol";
import type { LineSink } from "../../replica/Replica.ts";

/** With more waiting than this the reader is behind and gets no more until it caught up. */
const WAITING_CHARS_MAX = 262_144;
/** What control lines may add to that before a reader that takes none of them is cut off. */
const CONTROL_CHARS_MAX = 1_048_576;
/** A reader that takes nothing for so long while data waits is ended. */
const STUCK_MS_MAX = 60_000;

const HEARTBEAT_INFO = formatControlLine({
  type: "heartbeat-info",
  timerInterval: limits.HEARTBEAT_INTERVAL_MS,
});
const SLOW = formatControlLine({ type: "bye", reason: "slow", hosts: [] });

const HEAD = {
  "Content-Type": "application/x-ndjson; charset=utf-8",
  "Cache-Control": "no-store",
  "X-Accel-Buffering": "no",
  "Access-Control-Allow-Origin": "*",
};

/**
 * The lines of one listening stream on their way to an HTTP response. What is written in one
 * turn of the event loop goes out in one piece.
 */
export class NdjsonSink implements LineSink {
  readonly #response: ServerResponse;
  readonly #now: () => number;
  #lines = `${HEARTBEAT_INFO}\n`;
  #isFlushing = false;
  #isBehind = false;
  #isEnded = false;
  #drained: () => void = () => undefined;
  /** When the reader last took something, or nothing waited. */
  #takenAt: number;

  /** @param now Milliseconds; only differences count. */
  constructor(response: ServerResponse, now: () => number) {
    this.#response = response;
    this.#now = now;
    this.#takenAt = now();
  }

  /** Sends the head at once: a reader knows that it is connected before anything happens. */
  open(): void {
    this.#response.writeHead(200, HEAD);
    this.#response.on("drain", () => this.#caughtUp());
    this.#flush();
  }

  write(line: string): boolean {
    if (this.#isEnded) return false;
    this.#lines += `${line}\n`;
    if (!this.#isFlushing) {
      this.#isFlushing = true;
      setImmediate(() => this.#flush());
    }
    const waiting = this.#lines.length + this.#response.writableLength;
    if (waiting > WAITING_CHARS_MAX + CONTROL_CHARS_MAX) this.#response.destroy();
    if (waiting > WAITING_CHARS_MAX) this.#isBehind = true;
    return !this.#isBehind;
  }

  onDrain(listener: () => void): void {
    this.#drained = listener;
  }

  end(): void {
    if (this.#isEnded) return;
    this.#flush();
    this.#isEnded = true;
    this.#response.end();
  }

  /** Every HEARTBEAT_INTERVAL_MS: a line for who reads, the end for who has long stopped. */
  beat(line: string, now: number): void {
    if (this.#response.writableLength === 0) {
      this.#takenAt = now;
      this.write(line);
    } else if (this.#isEnded) {
      this.#response.destroy(); // it did not even take its last line
    } else if (now - this.#takenAt > STUCK_MS_MAX) {
      this.write(SLOW);
      this.end();
    }
  }

  #flush(): void {
    this.#isFlushing = false;
    const lines = this.#lines;
    this.#lines = "";
    if (lines === "" || this.#isEnded || this.#response.destroyed) return;
    const isTaken = this.#response.write(lines, () => (this.#takenAt = this.#now()));
    if (isTaken) this.#caughtUp();
  }

  #caughtUp(): void {
    if (!this.#isBehind || this.#isEnded) return;
    this.#isBehind = false;
    this.#drained();
  }
}
