import { createMemoryStore, keepReplica, MemoryDisk, nodeHash } from "@dred/server";
import type { Clock, Log, Random, Replica, ReplicaKeeper } from "@dred/server";
import { parseNeighborhood, parseServerId } from "@dred/protocol";
import { ServerClock } from "./SimClock.ts";
import type { SimNetwork } from "./SimNetwork.ts";

export interface SimServerParts {
  readonly name: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly network: SimNetwork;
  readonly log: Log;
  /** The names of the hosts it is told of. */
  readonly hosts: readonly string[];
  readonly skewMs: number;
}

/** A server with the real core and replica, on simulated time, network and store. */
export class SimServer {
  readonly name: string;
  readonly url: string;
  readonly disk = new MemoryDisk();
  readonly #parts: SimServerParts;
  #keeper: ReplicaKeeper | undefined;
  #process: ServerClock | undefined;

  constructor(parts: SimServerParts) {
    this.#parts = parts;
    this.name = parts.name;
    this.url = urlOf(parts.name);
  }

  get isRunning(): boolean {
    return this.#process !== undefined;
  }

  /** The present replica, or undefined while there is none that serves. */
  get replica(): Replica | undefined {
    try {
      const replica = this.#keeper?.current();
      return replica?.readiness().isReady === true ? replica : undefined;
    } catch {
      return undefined;
    }
  }

  /** Starts a process on the disk, if none runs; one that cannot open its store ends again. */
  start(): void {
    if (this.isRunning) return;
    const clock = new ServerClock(this.#parts.clock, this.#parts.skewMs);
    this.#process = clock;
    this.#run(clock).catch(() => {
      if (this.#process === clock) this.kill();
    });
  }

  async #run(clock: ServerClock): Promise<void> {
    const { name, network, random, log, hosts } = this.#parts;
    const keeper = await keepReplica({
      identity: {
        neighborhood: parseNeighborhood("sim"),
        serverId: parseServerId(name),
        url: this.url,
        version: "0.0.0",
      },
      store: createMemoryStore({ disk: this.disk, clock, random }),
      clock,
      random,
      hash: nodeHash,
      log,
      dial: (url, signal) => network.dial(name, url, signal),
      secret: "simulated neighborhood",
      discover: () => listed(hosts),
    });
    if (this.#process !== clock) return; // killed while it opened
    this.#keeper = keeper;
    const accept = (connection: Parameters<Replica["acceptPeer"]>[0]): void => {
      try {
        keeper.current().acceptPeer(connection);
      } catch {
        connection.close();
      }
    };
    network.listen(this.url, { name, accept });
  }

  /** kill -9: nothing of the process goes on, the disk stays. */
  kill(): void {
    this.#process?.kill();
    this.#process = undefined;
    this.#keeper = undefined;
    this.#parts.network.kill(this.name);
  }
}

function urlOf(name: string): string {
  return `sim://${name}`;
}

async function* listed(
  hosts: readonly string[],
): AsyncGenerator<readonly { id: ReturnType<typeof parseServerId>; url: string }[]> {
  await Promise.resolve();
  yield hosts.map((host) => ({ id: parseServerId(host), url: urlOf(host) }));
}
