import { TEST_PORT } from "@dred/client";
import { parseServerId } from "@dred/protocol";
import type { Neighborhood } from "@dred/protocol";
import { createLog, createServer } from "@dred/server";
import type { Config, ConfiguredHost, DredServer } from "@dred/server";
import supertest from "supertest";
import type TestAgent from "supertest/lib/agent.js";
import { eventually } from "./eventually.ts";
import { redisUrl } from "./redisFixture.ts";
import { silentLog } from "./silentLog.ts";

/** The servers of the tests, in the order of their ports and databases. */
export const testServerNames = ["first", "second", "third"] as const;

export type TestServerName = (typeof testServerNames)[number];

const READY_MS_MAX = 10_000;

/** What a server is told at its start; all optional. */
export type StartOptions = Partial<
  Pick<Config, "hosts" | "join" | "secret" | "adminToken" | "store">
>;

/** One of the three fixed places of the tests: a port, a database, and the server that is there. */
export class TestServer {
  readonly name: TestServerName;
  readonly port: number;
  /** The number of its database in the Redis of the tests. */
  readonly database: number;
  readonly url: string;
  /** Low-level HTTP; it stays usable over restarts. */
  readonly agent: TestAgent;
  readonly #neighborhood: Neighborhood;
  #options: StartOptions;
  #running: DredServer | undefined;

  constructor(name: TestServerName, neighborhood: Neighborhood, options: StartOptions) {
    const index = testServerNames.indexOf(name);
    this.name = name;
    this.port = TEST_PORT + index;
    this.database = index + 1;
    this.url = `http://127.0.0.1:${this.port}`;
    this.agent = supertest.agent(this.url);
    this.#neighborhood = neighborhood;
    this.#options = options;
  }

  /** How others name it in a static list. */
  get host(): ConfiguredHost {
    return { id: parseServerId(this.name), url: this.url };
  }

  get isRunning(): boolean {
    return this.#running !== undefined;
  }

  /** @throws Error while it is stopped. */
  get server(): DredServer {
    if (this.#running !== undefined) return this.#running;
    throw new Error(`the server ${this.name} is not running: start it first`);
  }

  /** The URL of its own database. */
  get redisUrl(): string {
    return redisUrl(this.database);
  }

  /**
   * Starts it on what its database holds; resolves when it is ready for posts. With peers in its
   * list of which none runs, that takes 5 s.
   *
   * @param options Kept for later starts.
   * @throws DredError that says who has the port, or what is wrong with Redis.
   */
  async start(options: StartOptions = {}): Promise<DredServer> {
    this.#options = { ...this.#options, ...options };
    const config = this.#config();
    const server = await createServer(config, {
      log: config.isFlowLogged ? createLog(config) : silentLog,
    });
    await server.listen();
    this.#running = server;
    await eventually(() => server.replica().readiness().isReady, READY_MS_MAX);
    return server;
  }

  /** Stops it in order; without effect when it is not running. */
  async stop(): Promise<void> {
    const server = this.#running;
    this.#running = undefined;
    await server?.close();
  }

  /** Stops it and starts it again on the same database. */
  async restart(): Promise<DredServer> {
    await this.stop();
    return this.start();
  }

  #config(): Config {
    return {
      serverId: parseServerId(this.name),
      address: "127.0.0.1",
      port: this.port,
      neighborhood: this.#neighborhood,
      store: this.redisUrl,
      hosts: [],
      publicUrl: this.url,
      isFlowLogged: isOn("LOGGING"),
      isRedisMonitored: isOn("REDIS_MONITOR"),
      ...this.#options,
    };
  }
}

/** A switch of the environment, in capitals or in lower case. */
function isOn(variable: string): boolean {
  const text = process.env[variable] ?? process.env[variable.toLowerCase()] ?? "";
  return !["", "0", "false"].includes(text);
}
