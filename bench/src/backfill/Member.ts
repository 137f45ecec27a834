import { readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ChildProcess } from "../ChildProcess.ts";
import { freePort } from "../freePort.ts";

const LISTENING_MS_MAX = 30_000;

const dred = fileURLToPath(new URL("../../../bin/dred", import.meta.url));

/** What a server tells of its replication, as far as it is needed here. */
export interface Progress {
  readonly isReady: boolean;
  /** Entries that it holds, of all origins. */
  readonly held: number;
}

/** One server of the measured neighborhood; it can be killed and started again. */
export class Member implements AsyncDisposable {
  readonly url: string;
  readonly #name: string;
  readonly #args: readonly string[];
  #process: ChildProcess | undefined;

  private constructor(name: string, url: string, args: readonly string[]) {
    this.#name = name;
    this.url = url;
    this.#args = args;
  }

  static async create(
    name: string,
    { neighborhood, store }: { readonly neighborhood: string; readonly store: string },
    more: readonly string[] = [],
  ): Promise<Member> {
    const port = await freePort();
    const words = ["--server-id", name, "--port", String(port), "--neighborhood", neighborhood];
    const args = [...process.execArgv, dred, "serve", ...words, "--store", store, ...more];
    return new Member(name, `http://127.0.0.1:${port}`, args);
  }

  /** Resolves when it answers, ready or not. */
  async start(): Promise<void> {
    this.#process = new ChildProcess(this.#name, process.execPath, this.#args);
    const answers = async (): Promise<boolean> => (await this.progress()) !== undefined;
    await this.#process.ready(answers, LISTENING_MS_MAX);
  }

  async crash(): Promise<void> {
    await this.#process?.crash();
    this.#process = undefined;
  }

  /** Undefined while it does not answer. */
  async progress(): Promise<Progress | undefined> {
    try {
      const answer = await fetch(`${this.url}/replication`);
      if (!answer.ok) return undefined;
      const { readiness, origins } = (await answer.json()) as {
        readonly readiness: { readonly isReady: boolean };
        readonly origins: readonly { readonly count: number }[];
      };
      return {
        isReady: readiness.isReady,
        held: origins.reduce((sum, { count }) => sum + count, 0),
      };
    } catch {
      return undefined;
    }
  }

  /** What the process takes of the machine's memory, in bytes; Linux only, otherwise NaN. */
  async residentBytes(): Promise<number> {
    try {
      const status = await readFile(`/proc/${this.#process?.pid}/status`, "utf8");
      return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
    } catch {
      return Number.NaN;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
  }
}
