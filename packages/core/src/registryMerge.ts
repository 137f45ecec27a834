import { limits } from "@dred/protocol";
import { parseValue } from "./registryRecord.ts";
import type { ChannelRecord, RegistryValue, Stamp } from "./registryRecord.ts";
import type { Sha256 } from "./sha256.ts";

/*
 * The registry is one map; of two values for a field the one of larger rank stays. Rank is
 * a total order that depends on the values alone, so servers may hear of changes in any
 * order, any number of times, and still agree (R8).
 */

/**
 * The value that `incoming` leaves behind, or undefined when it changes nothing.
 *
 * @throws DredError `invalid-shape` when `incoming` is no value for this field.
 */
export function mergeValue(
  field: string,
  current: string | undefined,
  incoming: string,
): string | undefined {
  if (current === incoming) return undefined; // it was read when it came
  const theirs = parseValue(field, incoming);
  if (current === undefined) return incoming;
  const rank = compareRank(theirs, parseValue(field, current));
  const isLarger = rank > 0 || (rank === 0 && incoming > current);
  return isLarger ? incoming : undefined;
}

function compareRank(a: RegistryValue, b: RegistryValue): number {
  if (a.kind === "channel" && b.kind === "channel") return compareChannels(a, b);
  if (a.kind === "cut" && b.kind === "cut" && a.through.ts !== b.through.ts) {
    return a.through.ts - b.through.ts;
  }
  return compareStamps(a.updated, b.updated);
}

/**
 * Generation, then deletion (a delete beats every update of its generation), then the
 * smallest creation (so that two who created at once agree on owner and options), then
 * the latest update.
 */
function compareChannels(a: ChannelRecord, b: ChannelRecord): number {
  if (a.generation !== b.generation) return a.generation - b.generation;
  if (a.isDeleted !== b.isDeleted) return a.isDeleted ? 1 : -1;
  if (a.isDeleted) return compareStamps(a.updated, b.updated);
  const creation = compareStamps(b.created, a.created);
  return creation === 0 ? compareStamps(a.updated, b.updated) : creation;
}

function compareStamps(a: Stamp, b: Stamp): number {
  if (a.ts !== b.ts) return a.ts - b.ts;
  if (a.origin === b.origin) return 0;
  return a.origin < b.origin ? -1 : 1;
}

/** In which of the buckets two registries are compared a field lies. */
export function bucketOf(sha256: Sha256, field: string): number {
  return Number.parseInt(sha256(field).slice(0, 8), 16) % limits.REGISTRY_BUCKETS;
}

/**
 * The digests of all buckets (16 hexadecimal digits each, empty for an empty bucket), in
 * order: what two servers compare to find in which fields they differ.
 */
export class RegistryDigest {
  readonly #sha256: Sha256;
  readonly #buckets: { high: number; low: number }[] = Array.from(
    { length: limits.REGISTRY_BUCKETS },
    () => ({ high: 0, low: 0 }),
  );
  readonly #total = { high: 0, low: 0 };

  constructor(sha256: Sha256) {
    this.#sha256 = sha256;
  }

  replace(field: string, before: string | undefined, after: string | undefined): void {
    const bucket = this.#buckets[bucketOf(this.#sha256, field)];
    if (bucket === undefined) return;
    for (const value of [before, after]) {
      if (value === undefined) continue;
      const hash = this.#sha256(`${field}\n${value}`);
      for (const sum of [bucket, this.#total]) {
        sum.high ^= Number.parseInt(hash.slice(0, 8), 16);
        sum.low ^= Number.parseInt(hash.slice(8, 16), 16);
      }
    }
  }

  buckets(): string[] {
    return this.#buckets.map(({ high, low }) =>
      high === 0 && low === 0 ? "" : hex(high) + hex(low),
    );
  }

  /** One digest over all. */
  total(): string {
    return hex(this.#total.high) + hex(this.#total.low);
  }
}

function hex(part: number): string {
  return (part >>> 0).toString(16).padStart(8, "0");
}
