import { DredError } from "@dred/protocol";
import { createAcquaintance } from "./Acquaintance.ts";
import type { Acquaintance } from "./Acquaintance.ts";
import { openReplica } from "./openReplica.ts";
import type { ReplicaOptions } from "./openReplica.ts";
import type { Replica } from "./Replica.ts";
import { createReplicaCounts } from "./ReplicaCounts.ts";
import type { ReplicaCounts } from "./ReplicaCounts.ts";
import { supervise } from "./supervise.ts";

const BACKOFF = { delayMsMin: 200, delayMsMax: 3_000 };

/** The replica of a server for as long as the server runs, one epoch after another. */
export interface ReplicaKeeper {
  /** @throws DredError `store-fenced` until the next is open, `not-ready` when none follows. */
  current(): Replica;
  /** Over all epochs. */
  readonly counts: ReplicaCounts;
  /** Resolves with a sentence when this process must not go on with its store. */
  readonly refused: Promise<string>;
  /** Ends the present replica in order and opens no other; never rejects. */
  close(drainMs: number): Promise<void>;
}

/**
 * Opens a replica, and the next one whenever its store turns out to have another life than
 * the one that was opened (R2).
 *
 * @throws DredError when the first cannot be opened.
 */
export async function keepReplica(options: ReplicaOptions): Promise<ReplicaKeeper> {
  const life = new AbortController();
  const acquaintance = createAcquaintance();
  const counts = createReplicaCounts();
  const seed = `${options.random()} ${options.random()} ${options.clock.now()}`;
  const instance = options.hash.sha256(seed).slice(0, 16);
  const open = (isEpochLost: boolean): Promise<Replica> =>
    openReplica({ ...options, instance, acquaintance, counts, isEpochLost, signal: life.signal });
  let replica: Replica | undefined = await openFirst(open, options.isEpochForced === true);
  let refuse: (detail: string) => void = () => undefined;
  const refused = new Promise<string>((resolve) => (refuse = resolve));
  const supervision = supervise({
    clock: options.clock,
    random: options.random,
    signal: life.signal,
    backoff: BACKOFF,
    run: async (healthy) => {
      replica ??= await openNext(open, options);
      if (life.signal.aborted) void replica.close(0); // the server closes: nobody else would end it
      healthy();
      remember(acquaintance, replica);
      const end = await replica.ended;
      if (end.reason === "refused") refuse(end.detail);
      if (end.reason !== "fenced") return "done";
      replica = undefined;
      return "again";
    },
    failed: (error) => {
      options.log.warn("the store cannot be opened yet", { error: String(error) });
      if (error instanceof DredError && error.code === "store-refused") refuse(error.detail);
    },
  });
  return {
    current: () => present(replica),
    counts,
    refused,
    close: async (drainMs) => {
      await replica?.close(drainMs);
      life.abort(new DOMException("the server is closing", "AbortError"));
      await supervision.ended;
      await replica?.close(0); // one that was being opened meanwhile
    },
  };
}

async function openNext(
  open: (isEpochLost: boolean) => Promise<Replica>,
  { log }: ReplicaOptions,
): Promise<Replica> {
  const replica = await open(true);
  log.warn("a new epoch was begun", { origin: replica.origin });
  return replica;
}

/** A store that lost some of our own log shows it only while its channels are opened (R2). */
async function openFirst(
  open: (isEpochLost: boolean) => Promise<Replica>,
  isEpochLost: boolean,
): Promise<Replica> {
  try {
    return await open(isEpochLost);
  } catch (error) {
    if (!(error instanceof DredError) || error.code !== "store-fenced") throw error;
    return open(true);
  }
}

function remember(acquaintance: Acquaintance, replica: Replica): void {
  for (const { id, url } of replica.hosts()) {
    if (id !== replica.serverId) acquaintance.hosts.set(id, url);
  }
}

function present(replica: Replica | undefined): Replica {
  replica?.ending.throwIfAborted();
  if (replica !== undefined) return replica;
  throw new DredError("store-fenced", "the server begins a new epoch; retry with the same ocid");
}
