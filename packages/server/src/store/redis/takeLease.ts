import { DredError, parseEpoch } from "@dred/protocol";
import type { Epoch, ServerId } from "@dred/protocol";
import { delay } from "../../replica/delay.ts";
import type { Clock } from "../../replica/ports/Clock.ts";
import type { CallOptions } from "../../replica/ports/Store.ts";
import { leaseHeld, otherServer } from "../storeRefusal.ts";

import type { RedisConnection } from "./RedisConnection.ts";
import { parseScriptReply } from "./scriptReply.ts";
import { scripts } from "./scripts.ts";

export interface LeaseRequest {
  /** The key of `{server}:id`. */
  readonly key: string;
  readonly serverId: ServerId;
  readonly instance: string;
  readonly leaseMs: number;
  readonly clock: Clock;
}

/** What the store says of its life when the lease is taken. */
export interface TakenLease {
  /** Redis's replication id now. */
  readonly replid: string;
  /** Undefined in a new store. */
  readonly storeId: string | undefined;
  readonly epoch: Epoch | undefined;
  /** The replication id that the epoch belongs to. */
  readonly stampedReplid: string | undefined;
}

/** Of the layout of keys and values; a store with another one is refused. */
const LAYOUT_VERSION = "1";
/** Waited beyond the end of another's lease, for a renewal that is on its way. */
const LEASE_SLACK_MS = 50;

/**
 * Makes this process the owner. Another's lease is waited out once; it was renewed meanwhile when
 * that process lives, and then the store is refused.
 *
 * @throws DredError `store-refused`, or as the port says.
 */
export async function takeLease(
  connection: RedisConnection,
  request: LeaseRequest,
  options: CallOptions,
): Promise<TakenLease> {
  const first = await tryLease(connection, { ...request, waitedOut: "" }, options);
  if ("replid" in first) return first;
  const waitMs = Math.min(first.remainingMs, request.leaseMs) + LEASE_SLACK_MS;
  await delay(request.clock, waitMs, options.signal);
  const second = await tryLease(connection, { ...request, waitedOut: first.leaseUntil }, options);
  if ("replid" in second) return second;
  throw leaseHeld(request.serverId);
}

interface HeldLease {
  /** As the store wrote it. */
  readonly leaseUntil: string;
  readonly remainingMs: number;
}

async function tryLease(
  connection: RedisConnection,
  { key, serverId, instance, leaseMs, waitedOut }: LeaseRequest & { waitedOut: string },
  options: CallOptions,
): Promise<TakenLease | HeldLease> {
  const args = [instance, String(leaseMs), serverId, LAYOUT_VERSION, waitedOut];
  const reply = await connection.run({ script: scripts.takeLease, keys: [key], args }, options);
  const { status, values } = parseScriptReply(reply);
  const [first = "", second] = values;
  switch (status) {
    case "TAKEN":
      return toTakenLease(values);
    case "HELD":
      return { leaseUntil: first, remainingMs: Number(second) };
    case "OTHER":
      throw otherServer({ owner: first, serverId });
    default:
      throw new DredError(
        "store-refused",
        `the store has layout ${first}, and this program writes layout ${LAYOUT_VERSION}: ` +
          "use the program's version that wrote it, or another database",
      );
  }
}

function toTakenLease([replid = "", storeId, epoch, stamped]: readonly string[]): TakenLease {
  return {
    replid,
    storeId: storeId || undefined,
    epoch: epoch ? parseEpoch(epoch) : undefined,
    stampedReplid: stamped || undefined,
  };
}
