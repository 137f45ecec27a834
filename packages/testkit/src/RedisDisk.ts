import { randomBytes } from "node:crypto";
import { parseNeighborhood } from "@dred/protocol";
import type { Neighborhood } from "@dred/protocol";
import { createRedisStore, systemClock } from "@dred/server";
import type { RedisStoreOptions, Store } from "@dred/server";
import { createClient } from "redis";
import { redisUrl } from "./redisFixture.ts";
import { silentLog } from "./silentLog.ts";
import { TcpProxy } from "./TcpProxy.ts";

/** The lease of the stores that are made on such a disk. */
const LEASE_MS = 300;
const DEADLINE_MS = 1_000;

type Client = Awaited<ReturnType<typeof connectTo>>;

/**
 * A numbered database of the tests' Redis with a random neighborhood: stores reach it by a proxy,
 * and the test looks at it and changes it directly. It deletes only the keys of its neighborhood.
 */
export class RedisDisk implements AsyncDisposable {
  readonly neighborhood: Neighborhood = parseNeighborhood(`t-${randomBytes(6).toString("hex")}`);
  readonly leaseMs = LEASE_MS;
  readonly proxy: TcpProxy;
  readonly #url: string;
  readonly #client: Client;
  readonly #stores: Store[] = [];

  private constructor(url: string, client: Client, proxy: TcpProxy) {
    this.#url = url;
    this.#client = client;
    this.proxy = proxy;
  }

  static async open(database: number): Promise<RedisDisk> {
    const url = redisUrl(database);
    return new RedisDisk(url, await connectTo(url), await TcpProxy.open(url));
  }

  /** Direct, without the proxy. */
  get url(): string {
    return this.#url;
  }

  createStore(options: Partial<RedisStoreOptions> = {}): Store {
    const defaults = { url: this.proxy.url, clock: systemClock, log: silentLog };
    const limits = { deadlineMs: DEADLINE_MS, leaseMs: LEASE_MS };
    const store = createRedisStore({ ...defaults, ...limits, ...options });
    this.#stores.push(store);
    return store;
  }

  /** The full name of a key of this neighborhood, such as `{news~1}:meta`. */
  key(name: string): string {
    return `dred:${this.neighborhood}:${name}`;
  }

  send<Reply>(...command: string[]): Promise<Reply> {
    return this.#client.sendCommand<Reply>(command);
  }

  /** Deletes what the neighborhood (and those whose names begin with its own) has stored. */
  async flush(): Promise<void> {
    const pattern = `dred:${this.neighborhood}*`;
    for await (const keys of this.#client.scanIterator({ MATCH: pattern, COUNT: 1_000 })) {
      if (keys.length > 0) await this.#client.unlink(keys);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const store of this.#stores) await store.close();
    await this.proxy[Symbol.asyncDispose]();
    await this.flush();
    await this.#client.close();
  }
}

async function connectTo(url: string) {
  const client = createClient({ url });
  client.on("error", () => undefined); // the call that fails says it
  await client.connect();
  return client;
}
