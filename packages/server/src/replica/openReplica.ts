import { setMaxListeners } from "node:events";
import { mintEpoch } from "@dred/core";
import { compareEpochs, DredError, toOriginId } from "@dred/protocol";
import type { Epoch } from "@dred/protocol";
import type { Acquaintance } from "./Acquaintance.ts";
import type { HostAddress } from "./links/Dialling.ts";
import { LocalReplica } from "./LocalReplica.ts";
import type { Clock, Random } from "./ports/Clock.ts";
import type { Dial } from "./ports/Connection.ts";
import type { Hash } from "./ports/Hash.ts";
import type { Log } from "./ports/Log.ts";
import type { Store, StoreSession } from "./ports/Store.ts";
import type { Replica, ReplicaEnd } from "./Replica.ts";
import type { ReplicaContext, ServerIdentity } from "./ReplicaContext.ts";
import type { ReplicaCounts } from "./ReplicaCounts.ts";

export interface ReplicaOptions {
  readonly identity: ServerIdentity;
  readonly store: Store;
  readonly clock: Clock;
  readonly random: Random;
  readonly hash: Hash;
  readonly log: Log;
  readonly dial: Dial;
  readonly secret: string | undefined;
  /** Yields the hosts to dial besides those of the registry, and every change of them. */
  readonly discover: (signal: AbortSignal) => AsyncIterable<readonly HostAddress[]>;
  /** Begins with a new epoch, whatever the store says: a backup was restored. */
  readonly isEpochForced?: boolean | undefined;
}

export interface OpenReplicaOptions extends ReplicaOptions {
  /** Random, one for each start of the process. */
  readonly instance: string;
  readonly acquaintance: Acquaintance;
  readonly counts: ReplicaCounts;
  /** Whether the epoch before was found to be broken, so that it must not be continued. */
  readonly isEpochLost: boolean;
  /** Cancels the opening. */
  readonly signal: AbortSignal;
}

/** Opens the store and a replica upon it. @throws DredError when the store cannot be used. */
export async function openReplica(options: OpenReplicaOptions): Promise<Replica> {
  const session = await openSession(options);
  const life = new AbortController();
  setMaxListeners(0, life.signal); // one for each wait and loop; all are bounded elsewhere
  let end: (end: ReplicaEnd) => void = () => undefined;
  const failed = new Promise<ReplicaEnd>((resolve) => (end = resolve));
  const context: ReplicaContext = {
    identity: options.identity,
    instance: options.instance,
    origin: toOriginId(options.identity.serverId, session.epoch),
    session,
    clock: options.clock,
    random: options.random,
    hash: options.hash,
    log: options.log,
    counts: options.counts,
    openedMs: options.clock.steady(),
    secret: options.secret,
    signal: life.signal,
    stampNowMs: () => replica.stampNowMs(),
    fail: (reason) => {
      if (life.signal.aborted) return; // calls that its end cut off fail as well
      if (reason.reason !== "closed") options.log.warn("the replica ends", { ...reason });
      end(reason);
    },
  };
  const ended = failed.then(async (reason) => {
    life.abort(toCutOff(reason));
    await replica.tearDown(reason);
    return reason;
  });
  const { dial, acquaintance } = options;
  const replica = new LocalReplica(context, { dial, acquaintance, ended });
  try {
    await replica.start();
  } catch (error) {
    context.fail({ reason: "closed" });
    await ended;
    throw error;
  }
  void follow(options, replica, life.signal);
  return replica;
}

/** What a call is told that the replica's end cuts off, or that comes later: it may be repeated. */
function toCutOff({ reason }: ReplicaEnd): DredError {
  if (reason !== "fenced") return new DredError("not-ready", "the server is shutting down");
  return new DredError("store-fenced", "the server begins a new epoch; try again");
}

function openSession(options: OpenReplicaOptions): Promise<StoreSession> {
  const { identity, instance, store, clock, random, acquaintance, isEpochLost } = options;
  const { neighborhood, serverId } = identity;
  const mint = (known: Epoch | undefined): Epoch => {
    const heard = acquaintance.epochs.get(serverId);
    return mintEpoch(clock.now(), later(known, heard), random);
  };
  const request = { neighborhood, serverId, instance, isEpochLost, mintEpoch: mint };
  return store.open(request, options);
}

function later(a: Epoch | undefined, b: Epoch | undefined): Epoch | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return compareEpochs(a, b) > 0 ? a : b;
}

/** Hands every list of hosts to the replica until it ends. */
async function follow(
  options: OpenReplicaOptions,
  replica: LocalReplica,
  signal: AbortSignal,
): Promise<void> {
  try {
    for await (const hosts of options.discover(signal)) replica.discovered(hosts);
  } catch (error) {
    if (!signal.aborted) options.log.error("discovery failed; known hosts stay", { error });
  } finally {
    if (!signal.aborted) replica.discovered([]);
  }
}
