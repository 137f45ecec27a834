import { onTestFinished } from "vitest";
import { eventually } from "./eventually.ts";

/** One line of a listening stream, as it came. */
export type RawLine = Readonly<Record<string, unknown>>;

/**
 * A listener without the client: what `POST /channels/listen` sends, line by line, nothing added
 * and nothing repaired. It goes away when the test ends.
 */
export class RawListener {
  readonly lines: RawLine[] = [];
  readonly status: number;
  /** Resolves when the server ended the stream, rejects when it was cut. */
  readonly ended: Promise<void>;
  readonly #abort: AbortController;

  /** Resolves when the server has answered, whatever it said. */
  static async open(url: string, body: unknown): Promise<RawListener> {
    const abort = new AbortController();
    onTestFinished(() => abort.abort());
    const response = await fetch(`${url}/channels/listen`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
      signal: abort.signal,
    });
    return new RawListener(response, abort);
  }

  private constructor(response: Response, abort: AbortController) {
    this.status = response.status;
    this.#abort = abort;
    this.ended = this.#read(response);
    this.ended.catch(() => undefined); // whoever wants to know awaits it
  }

  /** The messages so far, without control lines. */
  get messages(): readonly RawLine[] {
    return this.lines.filter((line) => "mid" in line);
  }

  /** Waits for the first line that has all these fields. */
  async line(fields: RawLine): Promise<RawLine> {
    const wanted = Object.entries(fields);
    return eventually(() => {
      const found = this.lines.find((line) =>
        wanted.every(([name, value]) => line[name] === value),
      );
      if (found !== undefined) return found;
      throw new Error(`no line has ${JSON.stringify(fields)}; got ${JSON.stringify(this.lines)}`);
    });
  }

  /** Goes away without a word, as a reader does that crashed. */
  close(): void {
    this.#abort.abort();
  }

  async #read(response: Response): Promise<void> {
    let rest = "";
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split("\n");
      rest = parts.pop() ?? "";
      for (const part of parts) this.lines.push(JSON.parse(part) as RawLine);
    }
  }
}
