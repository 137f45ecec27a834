import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import pc from "picocolors";

/** Where a command reads and writes, and what it may know of its surroundings. */
export interface TerminalOptions {
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean };
  readonly stderr: Writable & { readonly isTTY?: boolean };
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Aborted by Ctrl-C or SIGTERM: the command ends in order. */
  readonly signal: AbortSignal;
}

type Colors = ReturnType<typeof pc.createColors>;

/** The process as a command sees it: texts in, texts out, colours only for people. */
export class Terminal {
  readonly environment: TerminalOptions["environment"];
  readonly signal: AbortSignal;
  /** Whether a person reads what is written. */
  readonly isInteractive: boolean;
  /** Whether a person, not a pipe or a file, would have to write what is read. */
  readonly isInputInteractive: boolean;
  readonly colors: Colors;
  readonly #errorColors: Colors;
  readonly #streams: Pick<TerminalOptions, "stdin" | "stdout" | "stderr">;

  constructor({ environment, signal, ...streams }: TerminalOptions) {
    this.environment = environment;
    this.signal = signal;
    this.#streams = streams;
    this.isInteractive = streams.stdout.isTTY === true;
    this.isInputInteractive = streams.stdin.isTTY === true;
    const mayColor = (environment["NO_COLOR"] ?? "") === "";
    this.colors = pc.createColors(mayColor && this.isInteractive);
    this.#errorColors = pc.createColors(mayColor && streams.stderr.isTTY === true);
  }

  /** Writes a line of the result; resolves when more may be written. */
  async print(line: string): Promise<void> {
    const { stdout } = this.#streams;
    if (!stdout.write(`${line}\n`)) await once(stdout, "drain", { signal: this.signal });
  }

  /** Tells a person something that is not the result. */
  note(line: string): void {
    this.#streams.stderr.write(`${this.#errorColors.dim(line)}\n`);
  }

  /** Tells what went wrong, in one sentence. */
  complain(sentence: string): void {
    this.#streams.stderr.write(`${this.#errorColors.red("dred:")} ${sentence}\n`);
  }

  /** The lines of the input, as many at a time as have come; without line ends and empty ones. */
  async *inputLines(): AsyncGenerator<readonly string[]> {
    const { stdin } = this.#streams;
    stdin.setEncoding("utf8");
    let open = "";
    for await (const chunk of stdin as AsyncIterable<string>) {
      const lines = (open + chunk).split(/\r?\n/);
      open = lines.pop() ?? "";
      yield lines.filter((line) => line !== "");
    }
    if (open !== "") yield [open];
  }
}
