import { cp, mkdir, readdir, readFile, rm, truncate } from "node:fs/promises";
import { join } from "node:path";
import { createClient } from "redis";
import { ChildProcess } from "./ChildProcess.ts";

const READY_MS_MAX = 10_000;
const PROGRAMS = ["redis-server", "valkey-server"];
const AOF = "appendonlydir";

/**
 * A Redis of one server, as Dred is meant to be run: an append-only file that is synced every
 * second. It has a directory of its own, and keeps its port over restarts.
 */
export class RedisProcess {
  readonly name: string;
  #port: number;
  readonly #directory: string;
  #child: ChildProcess | undefined;
  #snapshots = 0;

  constructor(name: string, port: number, directory: string) {
    this.name = name;
    this.#port = port;
    this.#directory = directory;
  }

  /** Of the numbered database that the server uses. */
  get url(): string {
    return `redis://127.0.0.1:${this.#port}/1`;
  }

  get port(): number {
    return this.#port;
  }

  /** Starts it on what its directory holds; resolves when it answers. */
  async start(options: Readonly<Record<string, string>> = {}): Promise<void> {
    await mkdir(this.#directory, { recursive: true });
    const settings = {
      port: String(this.#port),
      bind: "127.0.0.1",
      dir: this.#directory,
      save: "",
      appendonly: "yes",
      appendfsync: "everysec",
      "auto-aof-rewrite-percentage": "0",
      "maxmemory-policy": "noeviction",
      loglevel: "warning",
      "repl-diskless-sync-delay": "0",
      ...options,
    };
    const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, value]);
    this.#child = new ChildProcess(`redis of ${this.name}`, await redisProgram(), args);
    await this.#child.ready(() => this.#answers(), READY_MS_MAX);
  }

  /** Ends it at once: what it has not written is lost. */
  async kill(): Promise<void> {
    await this.#child?.kill();
  }

  async stop(): Promise<void> {
    await this.#child?.terminate();
  }

  /** One command on a connection of its own. @throws what Redis answers, or that it is gone. */
  send(...command: string[]): Promise<unknown> {
    return this.#send(this.url, command);
  }

  /** The same with a password. */
  sendAs(password: string, ...command: string[]): Promise<unknown> {
    const url = new URL(this.url);
    url.password = password;
    return this.#send(url.href, command);
  }

  async #send(url: string, command: string[]): Promise<unknown> {
    const socket = { reconnectStrategy: false, connectTimeout: 1_000 } as const;
    const client = createClient({ url, socket });
    client.on("error", () => undefined); // the call that fails says it
    try {
      await client.connect();
      return await client.sendCommand(command);
    } finally {
      if (client.isOpen) client.destroy();
    }
  }

  /**
   * Cuts the end off the append-only file, as a power failure does; only while it is dead.
   *
   * @param part How much of the file is lost, from 0 to 1.
   * @returns How many entries of messages stood in it.
   */
  async cutAof(part: number): Promise<number> {
    const directory = join(this.#directory, AOF);
    const files = (await readdir(directory)).filter((name) => name.endsWith(".incr.aof"));
    const path = join(directory, files.sort().at(-1) ?? "");
    const content = await readFile(path);
    const kept = Math.floor(content.length * (1 - part));
    await truncate(path, kept);
    return content.subarray(kept).toString("latin1").split("\r\nXADD\r\n").length - 1;
  }

  /** Removes all that it has stored; only while it is dead. */
  async empty(): Promise<void> {
    await rm(join(this.#directory, AOF), { recursive: true, force: true });
  }

  /** Takes its directory away under it: it can save nothing any more. */
  async loseDirectory(): Promise<void> {
    await rm(this.#directory, { recursive: true, force: true });
  }

  /** Copies what it has stored until now; gives where to. */
  async snapshot(): Promise<string> {
    const to = `${this.#directory}-snapshot-${++this.#snapshots}`;
    await cp(join(this.#directory, AOF), to, { recursive: true });
    return to;
  }

  /** Puts a snapshot in the place of what it has stored; only while it is dead. */
  async restore(snapshot: string): Promise<void> {
    await this.empty();
    await cp(snapshot, join(this.#directory, AOF), { recursive: true });
  }

  /** Makes it a replica; resolves when it holds what its primary does. */
  async follow(primary: RedisProcess): Promise<void> {
    await this.send("REPLICAOF", "127.0.0.1", String(primary.port));
    const isSynced = async (): Promise<boolean> =>
      String(await this.send("INFO", "replication")).includes("master_link_status:up");
    await this.#child?.ready(isSynced, READY_MS_MAX);
  }

  /** Makes a replica a primary, whatever it holds. */
  async promote(): Promise<void> {
    await this.send("REPLICAOF", "NO", "ONE");
  }

  /** Goes on at another port, which is free. */
  async takePort(port: number): Promise<void> {
    await this.send("CONFIG", "SET", "port", String(port));
    this.#port = port;
  }

  async #answers(): Promise<boolean> {
    try {
      return (await this.send("PING")) === "PONG";
    } catch {
      return false;
    }
  }
}

let program: Promise<string> | undefined;

/** @throws Error that says what to install. */
function redisProgram(): Promise<string> {
  program ??= findProgram();
  return program;
}

async function findProgram(): Promise<string> {
  for (const directory of (process.env["PATH"] ?? "").split(":")) {
    const found = await readdir(directory).catch((): string[] => []);
    const name = PROGRAMS.find((each) => found.includes(each));
    if (name !== undefined) return join(directory, name);
  }
  throw new Error("The drills need redis-server 7 or later (or valkey-server) on the PATH.");
}
