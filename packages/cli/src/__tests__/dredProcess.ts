import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import type { Readable, Writable } from "node:stream";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../../../bin/dred", import.meta.url));
const DEADLINE_MS = 15_000;

export interface DredOptions {
  readonly input?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly directory?: string;
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A `bin/dred` that runs on its own. It gets no environment but what is given, and the PATH. */
export class DredProcess {
  stdout = "";
  stderr = "";
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #closed: Promise<void>;
  #hasClosed = false;
  #wake: () => void = () => undefined;

  constructor(words: readonly string[], options: DredOptions = {}) {
    const { environment = {}, directory } = options;
    this.#child = spawn(process.execPath, [program, ...words], {
      env: { PATH: process.env["PATH"] ?? "", ...environment },
      stdio: ["pipe", "pipe", "pipe"],
      ...(directory === undefined ? {} : { cwd: directory }),
    });
    this.#closed = this.#follow();
    this.#child.stdout.on("data", (chunk: Buffer) => {
      this.stdout += chunk.toString();
      this.#wake();
    });
    this.#child.stderr.on("data", (chunk: Buffer) => {
      this.stderr += chunk.toString();
      this.#wake();
    });
    this.#child.stdin.on("error", () => undefined);
    if (options.input !== undefined) this.#child.stdin.end(options.input);
  }

  /** Resolves when the text has appeared on either output, or rejects with all it said. */
  async says(text: string): Promise<void> {
    const timer = setTimeout(() => this.kill("SIGKILL"), DEADLINE_MS);
    while (!`${this.stdout}${this.stderr}`.includes(text)) {
      if (this.#hasClosed) throw new Error(`never said "${text}": ${this.stdout}${this.stderr}`);
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
    clearTimeout(timer);
  }

  /** Closes our end of its output, as `head` does when it has enough. */
  stopReading(): void {
    this.#child.stdout.destroy();
  }

  kill(signal: "SIGINT" | "SIGTERM" | "SIGKILL"): void {
    this.#child.kill(signal);
  }

  /** How it ended; it is killed when it has not after 15 s. */
  async outcome(): Promise<Outcome> {
    const timer = setTimeout(() => this.kill("SIGKILL"), DEADLINE_MS);
    await this.#closed;
    clearTimeout(timer);
    return { code: this.#child.exitCode, stdout: this.stdout, stderr: this.stderr };
  }

  async #follow(): Promise<void> {
    await once(this.#child, "close");
    this.#hasClosed = true;
    this.#wake();
  }
}

/** Runs one command to its end. */
export async function dred(words: readonly string[], options: DredOptions = {}): Promise<Outcome> {
  return await new DredProcess(words, { input: "", ...options }).outcome();
}

/** The first of `count` ports in a row that were free a moment ago. */
export async function freePorts(count: number): Promise<number> {
  for (;;) {
    const base = 20_000 + Math.floor(Math.random() * 10_000);
    const areFree = await Promise.all(
      Array.from({ length: count }, (_, index) => isFree(base + index)),
    );
    if (areFree.every((each) => each)) return base;
  }
}

async function isFree(port: number): Promise<boolean> {
  const probe = createServer();
  try {
    probe.listen(port, "127.0.0.1");
    await once(probe, "listening");
    return true;
  } catch {
    return false;
  } finally {
    probe.close();
  }
}
