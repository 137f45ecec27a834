import { DredError } from "@dred/protocol";
import type { ChannelName } from "@dred/protocol";
import type { ChannelTable } from "./ChannelTable.ts";
import type { ClockWatch } from "./ClockWatch.ts";
import { every } from "./every.ts";
import { isDamage } from "./isDamage.ts";
import { watchJoinMemory } from "./JoinMemory.ts";
import type { Readying } from "./Readying.ts";
import type { Attendance } from "./registry/Attendance.ts";
import type { ChannelCatalog } from "./registry/ChannelCatalog.ts";
import type { Registry } from "./registry/Registry.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";
import { Trimmer } from "./trimming.ts";

const RENEW_INTERVAL_MS = 1_000;
const CLOCK_INTERVAL_MS = 1_000;
const EXPIRY_INTERVAL_MS = 1_000;
const TRIM_INTERVAL_MS = 5_000;
const DAMAGE_INTERVAL_MS = 30_000;
const COLLECT_INTERVAL_MS = 60_000;

export interface HousekeepingParts {
  readonly table: ChannelTable;
  readonly catalog: ChannelCatalog;
  readonly clockWatch: ClockWatch;
  readonly readying: Readying;
  readonly registry: Registry;
  readonly attendance: Attendance;
  deleteChannel(name: ChannelName): Promise<void>;
}

/** What a replica does by itself, at intervals: lease, expired channels, dead entries, damage. */
export function keepHouse(context: ReplicaContext, parts: HousekeepingParts): void {
  watchJoinMemory(context, parts.table, parts.readying);
  every(context, RENEW_INTERVAL_MS, () => renewLease(context, parts.readying));
  every(context, CLOCK_INTERVAL_MS, () => parts.clockWatch.look());
  every(context, EXPIRY_INTERVAL_MS, () => buryExpired(context, parts));
  const trimmer = new Trimmer();
  every(context, TRIM_INTERVAL_MS, () => trimAll(context, parts, trimmer));
  every(context, DAMAGE_INTERVAL_MS, () => lookAtDamage(context, parts));
  every(context, COLLECT_INTERVAL_MS, () => keepRegistry(context, parts));
}

async function renewLease(context: ReplicaContext, readying: Readying): Promise<void> {
  try {
    await context.session.renew(context);
    readying.storeAnswers(true);
  } catch (error) {
    if (context.signal.aborted) return;
    if (!(error instanceof DredError)) throw error;
    if (error.code === "store-fenced") context.fail({ reason: "fenced", detail: error.detail });
    else if (error.code === "store-refused") {
      context.fail({ reason: "refused", detail: error.detail });
    } else readying.storeAnswers(false);
  }
}

async function buryExpired(context: ReplicaContext, parts: HousekeepingParts): Promise<void> {
  if (parts.clockWatch.status().isAstray) return;
  try {
    for (const name of parts.catalog.expired()) await parts.deleteChannel(name);
  } catch (error) {
    context.log.warn("expired channels are deleted later", { error });
  }
}

async function keepRegistry(context: ReplicaContext, parts: HousekeepingParts): Promise<void> {
  if (parts.clockWatch.status().isAstray) return;
  try {
    await parts.attendance.note();
    await parts.registry.collect();
  } catch (error) {
    if (!context.signal.aborted) context.log.warn("the registry is tidied later", { error });
  }
}

/** A server whose clock is far from all others' judges nothing to be dead. */
async function trimAll(
  context: ReplicaContext,
  parts: HousekeepingParts,
  trimmer: Trimmer,
): Promise<void> {
  if (parts.clockWatch.status().isAstray) return;
  for (const channel of parts.table.all()) {
    try {
      await trimmer.trim(channel, context.clock.now());
    } catch (error) {
      if (context.signal.aborted || channel.isClosed) continue;
      if (isDamage(error)) continue; // it is read anew
      context.log.warn("dead entries are removed later", { channel: channel.key, error });
      return;
    }
  }
}

/** A log of another type is whole again once somebody removed what stood in its place. */
async function lookAtDamage(context: ReplicaContext, { table }: HousekeepingParts): Promise<void> {
  for (const channel of table.all()) {
    try {
      await channel.lookAgain();
    } catch (error) {
      if (context.signal.aborted || channel.isClosed) continue;
      context.log.warn("damaged logs are looked at later", { channel: channel.key, error });
    }
  }
}
