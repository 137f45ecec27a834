import { spawn } from "node:child_process";
import { once } from "node:events";

const END_MS_MAX = 15_000;
/** What is kept of what it printed, for the sentence when it ends by itself. */
const OUTPUT_CHARS_MAX = 2_000;

/** A program that this benchmark started, and ends by its own process id, at the latest with itself. */
export class ChildProcess implements AsyncDisposable {
  readonly #child;
  readonly #name: string;
  #output = "";

  constructor(name: string, command: string, args: readonly string[]) {
    this.#name = name;
    this.#child = spawn(command, args, { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
    }
    this.#child.on("error", (error) => this.#keep(error.message));
    const kill = (): void => void this.#child.kill("SIGKILL");
    process.once("exit", kill);
    this.#child.once("exit", () => process.off("exit", kill));
  }

  /**
   * Resolves when `isReady` says so.
   *
   * @throws Error with what the program printed, when it ended or the time is over.
   */
  async ready(isReady: () => Promise<boolean>, waitMsMax: number): Promise<void> {
    const until = performance.now() + waitMsMax;
    while (!(await isReady())) {
      const isOver = performance.now() > until;
      if (this.#hasEnded() || isOver) {
        throw new Error(`${this.#name} ${isOver ? "is not ready" : "ended"}: ${this.#output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Undefined when it could not be started. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Ends it without a chance to say goodbye, as kill -9 does. */
  async crash(): Promise<void> {
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hasEnded()) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), END_MS_MAX);
    await ended;
    clearTimeout(timer);
  }

  #hasEnded(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-OUTPUT_CHARS_MAX);
  }
}
