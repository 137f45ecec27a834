import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findDifference } from "./compareServers.ts";
import { freePort } from "./freePort.ts";
import { Ledger } from "./Ledger.ts";
import { Links } from "./Links.ts";
import { memberNames } from "./Member.ts";
import type { Member, MemberName } from "./Member.ts";
import { MovingReader } from "./MovingReader.ts";
import { postUntilAnswered } from "./postUntilAnswered.ts";
import { RawReader } from "./RawReader.ts";
import type { Reader } from "./Reader.ts";
import { RedisProcess } from "./RedisProcess.ts";
import { ServerProcess } from "./ServerProcess.ts";
import { waitFor } from "./waitFor.ts";
import { Writers } from "./Writers.ts";
import type { WritersOptions } from "./Writers.ts";

const CHANNELS = ["drill-a", "drill-b"] as const;
const CHANNEL_MS_MAX = 5_000;
const MOVE_MS = 700;
const SETTLE_MS_MAX = 60_000;

/**
 * Real servers, each a process with a Redis process of its own, linked through proxies, and
 * those who write and read there. It ends all that it started, and removes its directory.
 */
export class DrillNeighborhood implements AsyncDisposable {
  readonly members: Member[] = [];
  readonly channels: readonly string[] = CHANNELS;
  readonly ledger = new Ledger();
  /** One raw reader that stays with each server, in their order, and one that moves. */
  readonly readers: Reader[] = [];
  /** What the drill found out, for the report. */
  readonly notes: string[] = [];
  readonly name = `drill-${randomBytes(4).toString("hex")}`;
  readonly #directory = mkdtempSync(join(tmpdir(), "dred-drill-"));
  readonly #redises: RedisProcess[] = [];
  readonly #writers = new Set<Writers>();
  readonly #ending = new AbortController();
  #links: Links | undefined;
  #markers = 0;

  private constructor() {
    process.on("exit", this.#removeDirectory);
  }

  /** Starts so many servers; resolves when all serve, have the channels, and are read from. */
  static async open(count: number): Promise<DrillNeighborhood> {
    const hood = new DrillNeighborhood();
    try {
      await hood.#start(memberNames.slice(0, count));
      return hood;
    } catch (error) {
      await hood[Symbol.asyncDispose]();
      throw error;
    }
  }

  get links(): Links {
    if (this.#links === undefined) throw new Error("the links are not open yet");
    return this.#links;
  }

  member(name: MemberName): Member {
    const found = this.members.find((member) => member.name === name);
    if (found === undefined) throw new Error(`this drill has no server ${name}`);
    return found;
  }

  /** The raw reader that stays with a server. */
  reader(name: MemberName): Reader {
    const found = this.readers.find((reader) => reader.name === `reader of ${name}`);
    if (found === undefined) throw new Error(`nobody reads from ${name}`);
    return found;
  }

  /** Begins to write, to all servers unless told otherwise, until the drill or `stop()` ends it. */
  write(options: Partial<WritersOptions> = {}): Writers {
    const { members: servers, channels, ledger } = this;
    const writers = new Writers({ servers, channels, ledger, ...options });
    this.#writers.add(writers);
    return writers;
  }

  /** Resolves when the last post of every writer is answered. */
  async stopWriting(): Promise<void> {
    await Promise.all([...this.#writers].map((writers) => writers.stop()));
    this.#writers.clear();
  }

  /** Writes for so long, and until the last post is answered. */
  async writeFor(ms: number, options: Partial<WritersOptions> = {}): Promise<void> {
    const writers = this.write(options);
    await new Promise((resolve) => setTimeout(resolve, ms));
    await writers.stop();
    this.#writers.delete(writers);
  }

  /** Posts one message to one server; gives its ocid when it is answered. */
  async post(to: MemberName, text = "", ocid?: string): Promise<string> {
    const counter = ++this.#markers;
    const writer = ocid ?? "marker";
    const msg = text === "" ? `${writer} ${counter}` : text;
    const own = ocid === undefined ? {} : { ocid };
    const post = { writer, counter, channel: CHANNELS[0], msg, ...own };
    const { signal } = this.#ending;
    const acked = await postUntilAnswered(this.member(to).url, post, {
      ledger: this.ledger,
      signal,
    });
    if (acked === undefined) throw new Error(`${to} did not take ${writer} ${counter}`);
    return acked.ocid;
  }

  /** Posts to one server; gives how long it took until the reader of another had it, in ms. */
  async passes(from: MemberName, to: MemberName, msMax: number): Promise<number> {
    const ocid = await this.post(from);
    const { received } = this.reader(to);
    return waitFor(`${ocid} of ${from} at ${to}`, msMax, () =>
      received.some((message) => message.ocid === ocid) ? undefined : "it has not come",
    );
  }

  /** Resolves, with how long that took in ms, when all servers hold the same and are ready. */
  async settle(msMax = SETTLE_MS_MAX): Promise<number> {
    return waitFor("the servers are equal", msMax, () => findDifference(this.members));
  }

  /** A further Redis in the drill's directory; not started yet. */
  async addRedis(name: string): Promise<RedisProcess> {
    const directory = join(this.#directory, `redis-${this.#redises.length}-${name}`);
    const redis = new RedisProcess(name, await freePort(), directory);
    this.#redises.push(redis);
    return redis;
  }

  note(sentence: string): void {
    this.notes.push(sentence);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ending.abort();
    for (const writers of this.#writers) writers.abandon();
    await Promise.all(this.readers.map((reader) => reader.close().catch(() => undefined)));
    await Promise.all(this.members.map(({ server }) => server.kill()));
    await Promise.all(this.#redises.map((redis) => redis.kill()));
    await this.#links?.[Symbol.asyncDispose]();
    this.#removeDirectory();
    process.off("exit", this.#removeDirectory);
  }

  readonly #removeDirectory = (): void =>
    rmSync(this.#directory, { recursive: true, force: true, maxRetries: 3 });

  async #start(names: readonly MemberName[]): Promise<void> {
    const ports = new Map<MemberName, number>();
    for (const name of names) ports.set(name, await freePort());
    const urls = [...ports].map(([name, port]) => [name, `http://127.0.0.1:${port}`] as const);
    this.#links = await Links.open(new Map(urls));
    await Promise.all([...ports].map(([name, port]) => this.#startMember(name, port)));
    await Promise.all(this.members.map(({ server }) => server.ready()));
    this.members.sort((a, b) => memberNames.indexOf(a.name) - memberNames.indexOf(b.name));
    for (const channel of CHANNELS) await this.#createChannel(channel);
    for (const { name, url } of this.members) {
      this.readers.push(new RawReader(`reader of ${name}`, url, CHANNELS));
    }
    const all = this.members.map(({ url }) => url);
    this.readers.push(new MovingReader(all, CHANNELS, MOVE_MS));
  }

  async #startMember(name: MemberName, port: number): Promise<void> {
    const redis = await this.addRedis(name);
    await redis.start();
    const neighborhood = this.name;
    const hosts = this.links.hostsOf(name);
    const server = new ServerProcess({ name, neighborhood, port, store: redis.url, hosts });
    this.members.push({ name, url: server.url, server, redis });
    server.start();
  }

  /** Resolves when every server knows it. */
  async #createChannel(channel: string): Promise<void> {
    const headers = { "content-type": "application/json" };
    const request = { method: "POST", headers, body: "{}" };
    const answer = await fetch(`${this.members[0]?.url}/channel/${channel}`, request);
    if (!answer.ok) throw new Error(`no channel was created: ${await answer.text()}`);
    await waitFor(`${channel} everywhere`, CHANNEL_MS_MAX, async () => {
      const answers = await Promise.all(
        this.members.map(({ url }) => fetch(`${url}/channel/${channel}`)),
      );
      return answers.every(({ ok }) => ok) ? undefined : "it is not known everywhere";
    });
  }
}
