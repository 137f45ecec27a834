import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { DredClient, StaticHostDiscovery } from "@dred/client";
import type { HostDiscovery } from "@dred/client";
import { DredError, parseServerId } from "@dred/protocol";
import type { FastifyInstance } from "fastify";
import type { Config } from "./config/Config.ts";
import { createHttpApp } from "./http/createHttpApp.ts";
import { ListenStreams } from "./http/streams/ListenStreams.ts";
import { verifySignature } from "./http/verifySignature.ts";
import { cannotListen, withStore } from "./listenFailure.ts";
import { observeStore } from "./observe/observeStore.ts";
import { ServerMetrics } from "./observe/ServerMetrics.ts";
import { nodeHash } from "./observe/nodeHash.ts";
import { systemClock } from "./observe/systemClock.ts";
import { keepReplica } from "./replica/keepReplica.ts";
import type { ReplicaKeeper } from "./replica/keepReplica.ts";
import type { HostAddress } from "./replica/links/Dialling.ts";
import type { Connection } from "./replica/ports/Connection.ts";
import type { Log } from "./replica/ports/Log.ts";
import type { Store } from "./replica/ports/Store.ts";
import type { Replica } from "./replica/Replica.ts";
import { PeerSockets } from "./socket/PeerSockets.ts";
import { VERSION } from "./version.ts";

const DRAIN_MS_MAX = 10_000;
/** How long listeners may take for their last line. */
const LAST_LINES_MS_MAX = 1_000;

export interface DredServerParts {
  readonly config: Config;
  readonly store: Store;
  readonly log: Log;
  readonly discovery: HostDiscovery;
}

/**
 * One server of a neighborhood: its replica, and the HTTP and WebSocket calls upon it. Made by
 * `createServer`; usable once `listen()` has resolved, until `close()`.
 */
export class DredServer implements AsyncDisposable {
  readonly config: Config;
  /**
   * Resolves with a sentence when this process must not go on with its store (another one has
   * taken it, its policy is wrong); whoever runs the server then closes it.
   */
  readonly failed: Promise<string>;
  readonly #parts: DredServerParts;
  readonly #app: FastifyInstance;
  readonly #streams: ListenStreams;
  readonly #peers: PeerSockets;
  #keeper: ReplicaKeeper | undefined;
  #closed: Promise<void> | undefined;
  #fail: (sentence: string) => void = () => undefined;

  /** Use `createServer`. */
  static async create(parts: DredServerParts): Promise<DredServer> {
    const streams = new ListenStreams(systemClock);
    const { serverId, neighborhood, adminToken } = parts.config;
    let server: DredServer | undefined = undefined;
    const replica = (): Replica => server?.replica() ?? notStarted();
    const metrics = new ServerMetrics({
      version: VERSION,
      keeper: () => (server === undefined ? undefined : server.#keeper),
      listeners: () => streams.size,
    });
    const app = await createHttpApp({
      serverId,
      neighborhood,
      adminToken,
      version: VERSION,
      replica,
      streams,
      metrics: () => metrics.text(),
      verify: verifySignature,
      clock: systemClock,
      hash: nodeHash,
      log: parts.log,
    });
    await app.ready();
    const store = observeStore(parts.store, metrics.store);
    server = new DredServer({ ...parts, store }, app, streams);
    return server;
  }

  private constructor(parts: DredServerParts, app: FastifyInstance, streams: ListenStreams) {
    this.config = parts.config;
    this.#parts = parts;
    this.#app = app;
    this.#streams = streams;
    this.#peers = new PeerSockets(app.server, { replica: () => this.replica(), log: parts.log });
    this.failed = new Promise((resolve) => (this.#fail = resolve));
  }

  /** The server of Node beneath, for tests that make requests of their own. */
  get http(): Server {
    return this.#app.server;
  }

  /** Where clients and peers reach it; with port 0 in the configuration known once it listens. */
  get url(): string {
    const { publicUrl, port, address } = this.config;
    if (port !== 0) return publicUrl;
    const bound = this.http.address() as AddressInfo | null;
    return bound === null ? publicUrl : `http://${hostOf(address)}:${bound.port}`;
  }

  /** The present replica. @throws DredError `not-ready` or `store-fenced` while there is none. */
  replica(): Replica {
    return this.#keeper?.current() ?? notStarted();
  }

  /**
   * Binds the port, then opens the store and begins to replicate. Between the two, every call is
   * answered 503 `not-ready`. When it rejects, everything has been let go.
   *
   * @throws DredError `cannot-listen`, or the store's.
   */
  async listen(): Promise<void> {
    const { address, port } = this.config;
    try {
      await this.#app.listen({ host: address, port }).catch((error: unknown) => {
        throw cannotListen(error, { address, port });
      });
      await this.setupReplication().catch((error: unknown) => {
        throw withStore(error, storeName(this.config.store));
      });
    } catch (error) {
      await this.close();
      throw error;
    }
    this.#parts.log.info("listening", { url: this.url, store: storeName(this.config.store) });
  }

  /** Opens the store and a replica upon it, and links it with the neighborhood for ever after. */
  async setupReplication(): Promise<void> {
    const { store, log, config } = this.#parts;
    const { serverId, neighborhood, secret, isEpochForced } = config;
    this.#keeper = await keepReplica({
      identity: { serverId, neighborhood, url: this.url, version: VERSION },
      store,
      log,
      secret,
      isEpochForced,
      clock: systemClock,
      hash: nodeHash,
      random: Math.random,
      dial: (url, signal) => this.#dial(url, signal),
      discover: (signal) => this.#discover(signal),
    });
    void this.#keeper.refused.then(this.#fail);
  }

  /**
   * The one way in which this server makes client connections: for tests, and for its links.
   *
   * @param url The only host of that client; without it, all that the server's discovery knows.
   */
  mkClient(url?: string): DredClient {
    const discovery = url === undefined ? this.#parts.discovery : new StaticHostDiscovery([url]);
    return new DredClient({ discovery, neighborhood: this.config.neighborhood });
  }

  /**
   * Ends it in order: no new posts; waits, at most 10 s, until a peer holds what was posted here;
   * tells listeners and peers; lets port and store go. Idempotent; never rejects.
   */
  async close(): Promise<void> {
    this.#closed ??= this.#close();
    await this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #close(): Promise<void> {
    // The port stays open meanwhile: peers pull through it what they lack.
    await this.#keeper?.close(DRAIN_MS_MAX);
    await this.#streams.ended(LAST_LINES_MS_MAX);
    this.#peers.close();
    const closed = this.#app.close();
    this.http.closeAllConnections();
    await closed;
    await this.#parts.store.close();
  }

  async #dial(url: string, signal: AbortSignal): Promise<Connection> {
    const client = this.mkClient(url);
    try {
      return await client.openSocket(url, "/peer", signal);
    } finally {
      await client.disconnect(); // the socket is ours now
    }
  }

  async *#discover(signal: AbortSignal): AsyncIterable<readonly HostAddress[]> {
    for await (const hosts of this.#parts.discovery.hosts(signal)) {
      yield hosts.map(({ id, url }) =>
        id === undefined ? { url } : { id: parseServerId(id), url },
      );
    }
  }
}

function notStarted(): never {
  throw new DredError("not-ready", "the server is starting; try again in a second");
}

/** As it stands in a URL. */
function hostOf(address: string): string {
  return address.includes(":") ? `[${address}]` : address;
}

/** A store's URL without what may be a password. */
function storeName(store: string): string {
  return store.replace(/\/\/[^@/]*@/, "//");
}
