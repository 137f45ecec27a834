import { spawn } from "node:child_process";
import type { ChildProcess as NodeChild } from "node:child_process";
import { once } from "node:events";

const END_MS_MAX = 15_000;
/** What is kept of what it printed last, for the report. */
const OUTPUT_CHARS_MAX = 20_000;

/** What this process must not leave behind, however it ends. */
const running = new Set<NodeChild>();
process.on("exit", () => {
  for (const child of running) child.kill("SIGKILL");
});

/** A program that a drill started, and ends by its own process id. */
export class ChildProcess {
  readonly name: string;
  readonly #child: NodeChild;
  #output = "";

  constructor(name: string, command: string, args: readonly string[]) {
    this.name = name;
    // Its own process group: Ctrl-C is for the drill, which ends what it started in order.
    const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
    const child = spawn(command, args, { detached: true, stdio });
    this.#child = child;
    running.add(child);
    child.on("exit", () => running.delete(child));
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => this.#keep(text));
    }
    child.on("error", (error) => {
      running.delete(child);
      this.#keep(error.message);
    });
  }

  /** The end of what it printed. */
  get output(): string {
    return this.#output;
  }

  get hasEnded(): boolean {
    const { pid, exitCode, signalCode } = this.#child;
    return pid === undefined || exitCode !== null || signalCode !== null;
  }

  /** How it ended; null while it runs, or when a signal ended it. */
  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** Resolves when `isReady` says so. @throws Error with what the program printed last. */
  async ready(isReady: () => Promise<boolean>, waitMsMax: number): Promise<void> {
    const until = performance.now() + waitMsMax;
    while (!(await isReady())) {
      const isOver = performance.now() > until;
      if (this.hasEnded || isOver) {
        throw new Error(`${this.name} ${isOver ? "is not ready" : "ended"}: ${this.#output}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  signal(signal: "SIGSTOP" | "SIGCONT" | "SIGTERM"): void {
    this.#child.kill(signal);
  }

  /** Ends it as a power failure would; resolves when it is gone. */
  async kill(): Promise<void> {
    if (this.hasEnded) return;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGKILL");
    await ended;
  }

  /** Asks it to end; it is killed when it has not after 15 s. Resolves with its exit code. */
  async terminate(): Promise<number | null> {
    if (this.hasEnded) return this.exitCode;
    const ended = once(this.#child, "exit");
    this.#child.kill("SIGCONT");
    this.#child.kill("SIGTERM");
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), END_MS_MAX);
    await ended;
    clearTimeout(timer);
    return this.exitCode;
  }

  #keep(text: string): void {
    this.#output = (this.#output + text).slice(-OUTPUT_CHARS_MAX);
  }
}
