import { DredError } from "@dred/protocol";

/** No line of Dred is as long: a message is at most 1 MiB before it is escaped. */
const LINE_CHARS_MAX = 4 * 1_048_576;

/** Cuts a stream of bytes into lines, wherever the chunks end: also inside a character. */
export class LineSplitter {
  readonly #decoder = new TextDecoder("utf-8", { fatal: true });
  /** The beginning of a line whose end has not come; its parts, because joining costs. */
  #open: string[] = [];
  #openChars = 0;

  /**
   * The lines that end in this chunk, without empty ones.
   *
   * @throws DredError `invalid-json` for bytes that are no UTF-8, `body-too-large` for a line of
   *   more than 4 MiB; the stream cannot be read on.
   */
  push(chunk: Uint8Array): readonly string[] {
    const parts = this.#decode(chunk).split("\n");
    const rest = parts.pop() ?? "";
    const lines = parts.map((part) => this.#close(part)).filter((line) => line !== "");
    this.#open.push(rest);
    this.#openChars += rest.length;
    if (this.#openChars > LINE_CHARS_MAX) throw tooLong();
    return lines;
  }

  #close(part: string): string {
    if (this.#openChars === 0) return checked(part);
    const line = [...this.#open, part].join("");
    this.#open = [];
    this.#openChars = 0;
    return checked(line);
  }

  #decode(chunk: Uint8Array): string {
    try {
      return this.#decoder.decode(chunk, { stream: true });
    } catch (cause) {
      throw new DredError("invalid-json", "the stream is no UTF-8", { cause });
    }
  }
}

function checked(line: string): string {
  if (line.length > LINE_CHARS_MAX) throw tooLong();
  return line;
}

function tooLong(): DredError {
  return new DredError("body-too-large", `a line of more than ${LINE_CHARS_MAX} characters came`);
}
