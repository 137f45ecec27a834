import { compareEpochs, epochOf, serverOf } from "./ids.ts";
import type { Epoch, OriginId, ServerId } from "./ids.ts";
import type { VersionVector } from "./versionVector.ts";

/** Of each server the latest epoch that a vector names. */
export function newestEpochs(vector: VersionVector): Map<ServerId, Epoch> {
  const newest = new Map<ServerId, Epoch>();
  for (const origin of vector.keys()) {
    const before = newest.get(serverOf(origin));
    const epoch = epochOf(origin);
    if (before === undefined || compareEpochs(epoch, before) > 0) {
      newest.set(serverOf(origin), epoch);
    }
  }
  return newest;
}

/** Whether a cursor may have left an origin out because it was over (docs/replication.md, 11.5). */
export function isLeftOut(vector: VersionVector, origin: OriginId): boolean {
  if (vector.has(origin)) return false;
  const newest = newestEpochs(vector).get(serverOf(origin));
  return newest !== undefined && compareEpochs(newest, epochOf(origin)) > 0;
}
