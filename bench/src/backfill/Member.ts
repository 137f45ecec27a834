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

interface MemberOptions {
  /** Of `dred serve`, besides its name and port. */
  readonly args: readonly string[];
  /** Called with the process's id at each start. */
  readonly started: (pid: number) => void;
}

/** One server of the measured neighborhood; it can be killed and started again. */
export class Member implements AsyncDisposable {
  readonly url: string;
  readonly #name: string;
  readonly #args: readonly string[];
  readonly #started: (pid: number) => void;
  #process: ChildProcess | undefined;

  private constructor(name: string, url: string, options: MemberOptions) {
    this.#started = options.started;
    this.#name = name;
    this.url = url;
    this.#args = options.args;
  }

  static async create(name: string, options: MemberOptions): Promise<Member> {
    const port = await freePort();
    const words = [dred, "serve", "--server-id", name, "--port", String(port), ...options.args];
    const args = [...process.execArgv, ...words];
    return new Member(name, `http://127.0.0.1:${port}`, { ...options, args });
  }

  /** Resolves when it answers, ready or not. */
  async start(): Promise<void> {
    this.#process = new ChildProcess(this.#name, process.execPath, this.#args);
    this.#started(this.pid);
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

  /** Of its process; 0 while it does not run. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
  }
}
