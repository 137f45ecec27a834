import { createMemoryStore, keepReplica, MemoryDisk, nodeHash } from "@dred/server";
import type { Clock, Connection, Log, Random, Replica, ReplicaKeeper } from "@dred/server";
import { parseNeighborhood, parseServerId } from "@dred/protocol";
import { ServerClock } from "./SimClock.ts";
import type { SimNetwork } from "./SimNetwork.ts";

export const NEIGHBORHOOD = parseNeighborhood("sim");
export const SECRET = "simulated neighborhood";

export interface SimServerParts {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: SimNetwork;
  readonly log: Log;
  /** The names of the hosts it is told of. */
  readonly hosts: readonly string[];
  readonly skewMs: number;
  /** Where it listens, when that is not what its name says. */
  readonly url?: string;
}

/** How long a server that is stopped waits for a peer to hold what it acknowledged. */
const DRAIN_MS = 10_000;

/** A server with the real core and replica, on simulated time, network and store. */
export class SimServer {
  readonly name: string;
  readonly url: string;
  readonly disk = new MemoryDisk();
  /** What its clock is off by from its next start on. */
  skewMs: number;
  /** It was removed from the neighborhood and never comes back. */
  hasLeft = false;
  readonly #parts: SimServerParts;
  #keeper: ReplicaKeeper | undefined;
  #process: ServerClock | undefined;
  /** Processes that were given up while they were stopped; they may go on one day. */
  readonly #zombies = new Set<ServerClock>();

  constructor(parts: SimServerParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.url = parts.url ?? urlOf(parts.name);
    this.skewMs = parts.skewMs;
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  get isFrozen(): boolean {
    return this.#process?.isFrozen === true;
  }

  /** The present replica, or undefined while there is none that serves. */
  get replica(): Replica | undefined {
    const replica = this.isFrozen ? undefined : this.open;
    return replica?.readiness().isReady === true ? replica : undefined;
  }

  /** The present replica, ready or not. */
  get open(): Replica | undefined {
    try {
      return this.#keeper?.current();
    } catch {
      return undefined;
    }
  }

  /** Starts a process on the disk, if none runs; one that cannot open its store ends again. */
  start(): void {
    if (this.isRunning || this.hasLeft) return;
    const { log } = this.#parts;
    const clock = new ServerClock(this.#parts.clock, this.skewMs);
    this.#process = clock;
    this.#run(clock).catch((error: unknown) => {
      log.info("the process ends: it cannot open its store", { error: String(error) });
      this.#ended(clock);
    });
  }

  async #run(clock: ServerClock): Promise<void> {
    const { name, network, random, log, hosts } = this.#parts;
    const keeper = await keepReplica({
      identity: {
        neighborhood: NEIGHBORHOOD,
        serverId: parseServerId(name),
        url: this.url,
        version: "0.0.0",
      },
      store: createMemoryStore({ disk: this.disk, clock, random }),
      clock,
      random,
      hash: nodeHash,
      log,
      dial: async (url, signal) => within(clock, await network.dial(name, url, signal)),
      secret: SECRET,
      discover: () => listed(hosts),
    });
    if (this.#process !== clock) return; // killed while it opened
    this.#keeper = keeper;
    void keeper.refused.then((detail) => {
      log.info("the process ends: it is refused", { detail });
      this.#ended(clock);
    });
    network.listen(this.url, { name, accept: (far) => accept(keeper, within(clock, far)) });
  }

  #ended(clock: ServerClock): void {
    if (this.#process === clock) this.kill();
  }

  /** kill -9: nothing of the process goes on, the disk stays. */
  kill(): void {
    this.#process?.kill();
    this.#process = undefined;
    this.#keeper = undefined;
    this.#parts.network.kill(this.url, this.name);
  }

  /** SIGTERM: resolves when the process has ended in order, or was killed meanwhile. */
  async stop(): Promise<void> {
    const clock = this.#process;
    await this.#keeper?.close(DRAIN_MS);
    if (clock !== undefined) this.#ended(clock);
  }

  freeze(): void {
    this.#process?.freeze();
  }

  thaw(): void {
    this.#process?.thaw();
  }

  /** The process stands still and is taken for dead; another is started on its disk. */
  replaceProcess(): void {
    const stale = this.#process;
    if (stale === undefined) return;
    stale.freeze();
    this.#zombies.add(stale);
    this.#process = undefined;
    this.#keeper = undefined;
    this.start();
  }

  /** Those that were taken for dead go on; they find out that they are not the owner. */
  wakeZombies(): void {
    for (const zombie of this.#zombies) zombie.thaw();
  }

  killZombies(): void {
    for (const zombie of this.#zombies) zombie.kill();
    this.#zombies.clear();
  }
}

function urlOf(name: string): string {
  return `sim://${name}`;
}

function accept(keeper: ReplicaKeeper, connection: Connection): void {
  try {
    keeper.current().acceptPeer(connection);
  } catch {
    connection.close();
  }
}

/** The connection as its process has it: what comes while that is stopped waits. */
function within(clock: ServerClock, connection: Connection): Connection {
  return {
    isLoopback: connection.isLoopback,
    get bufferedBytes() {
      return connection.bufferedBytes;
    },
    get receivedBytes() {
      return connection.receivedBytes;
    },
    send: (text) => connection.send(text),
    close: () => connection.close(),
    onMessage: (listener) => connection.onMessage((text) => clock.run(() => listener(text))),
    onClose: (listener) => connection.onClose(() => clock.run(listener)),
  };
}

async function* listed(
  hosts: readonly string[],
): AsyncGenerator<readonly { id: ReturnType<typeof parseServerId>; url: string }[]> {
  await Promise.resolve();
  yield hosts.map((host) => ({ id: parseServerId(host), url: urlOf(host) }));
}
