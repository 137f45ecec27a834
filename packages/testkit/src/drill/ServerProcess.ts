import { fileURLToPath } from "node:url";
import { ChildProcess } from "./ChildProcess.ts";

const READY_MS_MAX = 30_000;

const dred = fileURLToPath(new URL("../../../../bin/dred", import.meta.url));

export interface ServerProcessOptions {
  readonly name: string;
  readonly neighborhood: string;
  readonly port: number;
  /** URL of its Redis. */
  readonly store: string;
  /** Where it dials each peer: the addresses of proxies. */
  readonly hosts: Readonly<Record<string, string>>;
}

/** One `dred serve`. It keeps its port and its options over restarts. */
export class ServerProcess {
  readonly name: string;
  readonly url: string;
  readonly #args: readonly string[];
  #child: ChildProcess | undefined;

  constructor(options: ServerProcessOptions) {
    const { name, neighborhood, port, store, hosts } = options;
    this.name = name;
    this.url = `http://127.0.0.1:${port}`;
    const named = { "server-id": name, neighborhood, port: String(port), store };
    const flags = Object.entries(named).flatMap(([flag, value]) => [`--${flag}`, value]);
    const dialled = Object.entries(hosts).flatMap(([id, url]) => ["--host", `${id}=${url}`]);
    this.#args = [dred, "serve", ...flags, ...dialled];
  }

  /** The end of what it printed; what it is doing wrong stands there. */
  get output(): string {
    return this.#child?.output ?? "";
  }

  get hasEnded(): boolean {
    return this.#child?.hasEnded ?? true;
  }

  /** Starts it, with a clock that is so far ahead; see `ready`. */
  start({ clockOffsetMs = 0 }: { readonly clockOffsetMs?: number } = {}): void {
    const shifted = `const { now } = Date; Date.now = () => now() + ${clockOffsetMs};`;
    const clock = clockOffsetMs === 0 ? [] : ["--import", `data:text/javascript,${shifted}`];
    this.#child = new ChildProcess(this.name, process.execPath, [...clock, ...this.#args]);
  }

  /** Resolves when it serves posts and listeners. @throws Error with what it printed. */
  async ready(waitMsMax = READY_MS_MAX): Promise<void> {
    await this.#child?.ready(() => this.isReady(), waitMsMax);
  }

  async isReady(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.url}/readyz`, { signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }

  async kill(): Promise<void> {
    await this.#child?.kill();
  }

  /** SIGTERM; resolves with its exit code when it has ended. */
  async terminate(): Promise<number | null> {
    return (await this.#child?.terminate()) ?? null;
  }

  /** Holds it in the middle of whatever it does. */
  stop(): void {
    this.#child?.signal("SIGSTOP");
  }

  goOn(): void {
    this.#child?.signal("SIGCONT");
  }
}
