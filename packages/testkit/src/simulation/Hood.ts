import { createMemoryStore, keepReplica, MemoryDisk, nodeHash } from "@dred/server";
import type { DiskChannel, ListenStart, Log, Random, Replica, ReplicaKeeper } from "@dred/server";
import { parseNeighborhood, parseServerId, toChannelKey } from "@dred/protocol";
import type { ChannelName, ServerId } from "@dred/protocol";
import { silentLog } from "../silentLog.ts";
import { seededRandom } from "./seededRandom.ts";
import { ServerClock, SimClock } from "./SimClock.ts";
import { SimNetwork } from "./SimNetwork.ts";

const NEIGHBORHOOD = parseNeighborhood("sim");

/** A host as discovery gives it. */
export interface Host {
  readonly id?: ServerId;
  readonly url: string;
}

/** How a server of a `Hood` differs from the usual one. */
export interface HoodServerParts {
  /** Where it can be dialled. */
  readonly urls?: readonly string[];
  readonly skewMs?: number;
  /** The disk of a server that ran before. */
  readonly disk?: MemoryDisk;
  readonly log?: Log;
}

/** A running server of a `Hood`. */
export interface HoodServer {
  readonly keeper: ReplicaKeeper;
  readonly disk: MemoryDisk;
  readonly clock: ServerClock;
  /** kill -9. */
  kill(): void;
}

/** Two servers that dial each other, and what serves on them. */
export interface Pair {
  readonly first: HoodServer;
  readonly second: HoodServer;
  readonly a: Replica;
  readonly b: Replica;
}

/** A neighborhood on simulated time, network and stores, moved by a test step by step. */
export class Hood {
  readonly clock = new SimClock();
  readonly random: Random;
  readonly network: SimNetwork;
  readonly secret = "s";
  readonly #processes: ServerClock[] = [];

  constructor(seed = 7) {
    this.random = seededRandom(seed);
    this.network = new SimNetwork(this.clock, this.random);
  }

  /** A server that listens on these addresses; none is a server that nobody can dial. */
  async start(
    name: string,
    hosts: readonly Host[] = [],
    parts: HoodServerParts = {},
  ): Promise<HoodServer> {
    const { urls = [urlOf(name)], skewMs = 0, disk = new MemoryDisk(), log = silentLog } = parts;
    const { network, random } = this;
    const clock = new ServerClock(this.clock, skewMs);
    this.#processes.push(clock);
    const keeper = await this.done(
      keepReplica({
        identity: {
          neighborhood: NEIGHBORHOOD,
          serverId: parseServerId(name),
          url: urlOf(name),
          version: "0.0.0",
        },
        store: createMemoryStore({ disk, clock, random }),
        clock,
        random,
        hash: nodeHash,
        log,
        dial: (url, signal) => network.dial(name, url, signal),
        secret: this.secret,
        discover: () => once(hosts),
      }),
    );
    for (const url of urls) {
      network.listen(url, {
        name,
        accept: (connection) => keeper.current().acceptPeer(connection),
      });
    }
    return { keeper, disk, clock, kill: () => (clock.kill(), network.kill(urlOf(name), name)) };
  }

  async startPair(): Promise<Pair> {
    const first = await this.start("first", [{ url: urlOf("second") }]);
    const second = await this.start("second", [{ url: urlOf("first") }]);
    return { first, second, a: await this.serving(first), b: await this.serving(second) };
  }

  /** Lets simulated time pass. */
  async pass(ms: number): Promise<void> {
    const untilMs = this.clock.now() + ms;
    await settle();
    while (this.clock.step(untilMs)) await settle();
  }

  /** @throws Error when the condition did not come about within `msMax` of simulated time. */
  async until(condition: () => boolean, msMax = 20_000): Promise<void> {
    for (let ms = 0; ms < msMax && !condition(); ms += 20) await this.pass(20);
    if (!condition()) throw new Error(`it did not come about within ${msMax} ms`);
  }

  /** What a promise of the simulated world gives, within 20 s of its time. */
  async done<Value>(promise: Promise<Value>): Promise<Value> {
    let isDone = false;
    const settled = promise.finally(() => (isDone = true));
    settled.catch(() => undefined);
    await this.until(() => isDone);
    return settled;
  }

  /** The server's replica, once it is ready. */
  async serving({ keeper }: { readonly keeper: ReplicaKeeper }): Promise<Replica> {
    await this.until(() => keeper.current().readiness().isReady);
    return keeper.current();
  }

  /** Posts a message that says its ocid; what came of it. */
  async post(replica: Replica, channel: ChannelName, ocid: string): Promise<string> {
    const message = { type: "note", msg: ocid, ocid };
    return (await this.done(replica.post(channel, message, ""))).status;
  }

  /** The lines that a server shows of a channel's history, oldest first; at most 100. */
  async history(replica: Replica, channel: ChannelName): Promise<readonly string[]> {
    const { signal } = new AbortController();
    const request = { limit: 100, order: "asc" } as const;
    return (await this.done(replica.history(channel, request, { signal }))).lines;
  }

  /** The ocids in them. */
  async ocids(replica: Replica, channel: ChannelName): Promise<string[]> {
    const lines = await this.history(replica, channel);
    return lines.map((line) => (JSON.parse(line) as { ocid: string }).ocid);
  }

  /** Ends all of its processes. */
  end(): void {
    for (const clock of this.#processes) clock.kill();
  }
}

/** The lines that a reader of one channel gets from now on, as objects, heartbeats aside. */
export function readLines(
  replica: Replica,
  channel: ChannelName,
  since: ListenStart = { kind: "now" },
): Record<string, unknown>[] {
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): boolean => {
    lines.push(JSON.parse(line) as Record<string, unknown>);
    return true;
  };
  const sink = { write, onDrain: () => undefined, end: () => undefined };
  replica.listen([{ channel, since }], sink);
  return lines;
}

/** What a server's store holds of a channel's first generation. */
export function channelOn({ disk }: HoodServer, name: ChannelName): DiskChannel {
  return disk.area(NEIGHBORHOOD).channel(toChannelKey(name, 0));
}

/** Why logs are parked on a server, one word for each. */
export function parkedOn(replica: Replica): string[] {
  return replica.replication().origins.flatMap(({ parked }) => parked.map(({ reason }) => reason));
}

/** Where a simulated server listens. */
export function urlOf(name: string): string {
  return `sim://${name}`;
}

async function* once(hosts: readonly Host[]): AsyncGenerator<readonly Host[]> {
  await Promise.resolve();
  yield hosts;
}

function settle(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
