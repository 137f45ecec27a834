import { randomBytes } from "node:crypto";
import { DredClient, StaticHostDiscovery } from "@dred/client";
import { parseNeighborhood, parseServerId } from "@dred/protocol";
import { createServer } from "@dred/server";
import type { Config, DredServer } from "@dred/server";
import { eventually, redisUrl, silentLog } from "@dred/testkit";
import { createClient } from "redis";
import { freePorts } from "./dredProcess.ts";

const NAMES = ["first", "second", "third"];
/** The databases of these servers: 40, 41 … */
const DATABASE = 40;
const LINKED_MS_MAX = 10_000;

type Redis = Awaited<ReturnType<typeof openRedis>>;

/** The values of a server's keys, as DUMP gives them. */
type Backup = Map<string, Buffer>;

/** Servers in this process, each with its database, and a Redis client to tamper with it. */
export class TestNeighborhood implements AsyncDisposable {
  readonly name = parseNeighborhood(`cli-${randomBytes(6).toString("hex")}`);
  readonly servers = new Map<string, DredServer>();
  readonly #basePort: number;
  readonly #redis = new Map<string, Redis>();
  readonly #clients: DredClient[] = [];

  static async start(count: number): Promise<TestNeighborhood> {
    const neighborhood = new TestNeighborhood(await freePorts(NAMES.length));
    await Promise.all(NAMES.slice(0, count).map((name) => neighborhood.start(name)));
    await neighborhood.#linked();
    return neighborhood;
  }

  private constructor(basePort: number) {
    this.#basePort = basePort;
  }

  urlOf(name: string): string {
    return `http://127.0.0.1:${this.#basePort + NAMES.indexOf(name)}`;
  }

  serverOf(name: string): DredServer {
    const server = this.servers.get(name);
    if (server === undefined) throw new Error(`${name} does not run`);
    return server;
  }

  clientOf(name: string): DredClient {
    const client = new DredClient({ discovery: new StaticHostDiscovery([this.urlOf(name)]) });
    this.#clients.push(client);
    return client;
  }

  /** Starts one, or starts it again, upon its own store. */
  async start(name: string, options: Partial<Config> = {}): Promise<DredServer> {
    const index = NAMES.indexOf(name);
    this.#redis.set(name, this.#redis.get(name) ?? (await openRedis(DATABASE + index)));
    const config: Config = {
      serverId: parseServerId(name),
      address: "127.0.0.1",
      port: this.#basePort + index,
      neighborhood: this.name,
      store: redisUrl(DATABASE + index),
      hosts: NAMES.map((each) => ({ id: parseServerId(each), url: this.urlOf(each) })),
      publicUrl: this.urlOf(name),
      isFlowLogged: false,
      isRedisMonitored: false,
      ...options,
    };
    const server = await createServer(config, { log: silentLog });
    await server.listen();
    this.servers.set(name, server);
    return server;
  }

  async stop(name: string): Promise<void> {
    await this.serverOf(name).close();
    this.servers.delete(name);
  }

  /** Sends a command to a server's Redis, behind its back; `KEY:` becomes the keys' prefix. */
  async redis<Reply>(name: string, ...command: string[]): Promise<Reply> {
    const words = command.map((word) => word.replace(/^KEY:/, `dred:${this.name}:`));
    return await this.#redisOf(name).sendCommand<Reply>(words);
  }

  /** Copies all that a server stored, as a snapshot of its Redis would. */
  async backUp(name: string): Promise<Backup> {
    const backup: Backup = new Map();
    for (const key of await this.redis<string[]>(name, "KEYS", "KEY:*")) {
      const dump = await this.#redisOf(name).withTypeMapping({ 36: Buffer }).dump(key);
      backup.set(key, dump as unknown as Buffer);
    }
    return backup;
  }

  /** Puts a copy in the place of all that a server stored; that server must not run. */
  async restore(name: string, backup: Backup): Promise<void> {
    const keys = await this.redis<string[]>(name, "KEYS", "KEY:*");
    await this.redis(name, "DEL", ...keys);
    for (const [key, dump] of backup) await this.#redisOf(name).restore(key, 0, dump);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#clients.map((client) => client.disconnect()));
    await Promise.all([...this.servers.values()].map((server) => server.close()));
    for (const redis of this.#redis.values()) {
      for await (const keys of redis.scanIterator({ MATCH: `dred:${this.name}:*`, COUNT: 1_000 })) {
        if (keys.length > 0) await redis.unlink(keys);
      }
      await redis.close();
    }
  }

  #redisOf(name: string): Redis {
    const redis = this.#redis.get(name);
    if (redis === undefined) throw new Error(`${name} has no Redis`);
    return redis;
  }

  async #linked(): Promise<void> {
    const servers = [...this.servers.values()];
    await eventually(
      () =>
        servers.every((server) => {
          const hosts = server.replica().hosts();
          const isReady = server.replica().readiness().isReady;
          return (
            isReady &&
            hosts.filter(({ state }) => state === "connected").length === servers.length - 1
          );
        }),
      LINKED_MS_MAX,
    );
  }
}

async function openRedis(database: number) {
  return await createClient({ url: redisUrl(database) }).connect();
}
