import { DredError, limits } from "@dred/protocol";
import { unreachable } from "../http/callHost.ts";
import { toDredError } from "../http/toDredError.ts";
import type { ClientClock } from "../time/ClientClock.ts";
import { LinkedAbort } from "../time/LinkedAbort.ts";
import { LineSplitter } from "./LineSplitter.ts";
import type { ListenTarget } from "./ListenTarget.ts";

const CONNECT_MS_MAX = 10_000;
const SILENCE_SLACK_MS = 1_000;

export interface LineStreamContext {
  readonly clock: ClientClock;
  readonly fetch: typeof fetch;
  readonly signal: AbortSignal;
}

/** One `POST /channels/listen` and its answer, as long as it lasts. */
export class LineStream {
  readonly #url: string;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  readonly #clock: ClientClock;
  readonly #abort: LinkedAbort;
  readonly #splitter = new LineSplitter();
  #silenceMsMax = 2 * limits.HEARTBEAT_INTERVAL_MS + SILENCE_SLACK_MS;

  private constructor(url: string, body: ReadableStream<Uint8Array>, own: Own) {
    this.#url = url;
    this.#reader = body.getReader();
    this.#clock = own.clock;
    this.#abort = own.abort;
  }

  /**
   * Opens the stream; at most 10 s for the beginning of the answer.
   *
   * @throws DredError what the host refuses, or `host-unreachable`; or `signal.reason`.
   */
  static async open(
    url: string,
    targets: readonly ListenTarget[],
    context: LineStreamContext,
  ): Promise<LineStream> {
    const abort = new LinkedAbort([context.signal]);
    const tooSlow = new Error(`no answer within ${CONNECT_MS_MAX} ms`);
    const cancel = context.clock.after(CONNECT_MS_MAX, () => abort.abort(tooSlow));
    try {
      const response = await context.fetch(`${url}/channels/listen`, {
        method: "POST",
        headers: { "content-type": "application/json", accept: "application/x-ndjson" },
        body: JSON.stringify(targets),
        signal: abort.signal,
      });
      if (!response.ok) throw toDredError(response.status, await response.text());
      if (response.body === null) throw unreachable(url, "the answer has no body");
      return new LineStream(url, response.body, { clock: context.clock, abort });
    } catch (error) {
      abort.release();
      context.signal.throwIfAborted();
      if (error instanceof DredError) throw error;
      throw unreachable(url, abort.signal.aborted ? tooSlow : error);
    } finally {
      cancel();
    }
  }

  /** From now on a line comes at least this often, says the server. */
  expectHeartbeats(intervalMs: number): void {
    this.#silenceMsMax = 2 * intervalMs + SILENCE_SLACK_MS;
  }

  /**
   * The next lines; undefined when the server ended the stream. While nobody reads, the host is
   * not read from either, and its silence is not counted.
   *
   * @throws DredError `host-unreachable` when the connection broke or two heartbeats were missed;
   *   `invalid-json`, `body-too-large` for what is no line.
   */
  async read(): Promise<readonly string[] | undefined> {
    const silent = new Error(`it said nothing for ${this.#silenceMsMax} ms`);
    const cancel = this.#clock.after(this.#silenceMsMax, () => this.#abort.abort(silent));
    let chunk;
    try {
      chunk = await this.#reader.read();
    } catch (error) {
      throw unreachable(this.#url, this.#abort.signal.aborted ? this.#abort.signal.reason : error);
    } finally {
      cancel();
    }
    return chunk.done ? undefined : this.#splitter.push(chunk.value);
  }

  /** Ends the connection; nothing stays open. */
  close(): void {
    this.#abort.release();
    this.#abort.abort(new Error("closed"));
  }
}

interface Own {
  readonly clock: ClientClock;
  readonly abort: LinkedAbort;
}
