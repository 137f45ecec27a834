import { DredError } from "./DredError.ts";
import { formatHead, parseHead, START } from "./head.ts";
import type { Head } from "./head.ts";
import { parseOriginId } from "./ids.ts";
import type { OriginId } from "./ids.ts";
import { VECTOR_ORIGINS_MAX } from "./limits.ts";

/**
 * Per origin the newest position held with nothing missing below it. Covered is decided
 * by ts, contiguity by seq.
 */
export type VersionVector = ReadonlyMap<OriginId, Head>;

/** A vector as JSON: `{"first.m2k9xqa7": "1763923555123456-42"}`. */
export type VectorObject = Readonly<Record<string, string>>;

export function headOf(vector: VersionVector, origin: OriginId): Head {
  return vector.get(origin) ?? START;
}

/** Whether whoever holds `vector` has seen this position, or knows that it is dead. */
export function isCovered(vector: VersionVector, origin: OriginId, ts: number): boolean {
  return headOf(vector, origin).ts >= ts;
}

/** Whether `vector` covers every head of `other`. */
export function coversAll(vector: VersionVector, other: VersionVector): boolean {
  for (const [origin, head] of other) if (!isCovered(vector, origin, head.ts)) return false;
  return true;
}

export function toVectorObject(vector: VersionVector): Record<string, string> {
  const object: Record<string, string> = {};
  for (const origin of [...vector.keys()].sort()) {
    object[origin] = formatHead(headOf(vector, origin));
  }
  return object;
}

/**
 * @throws DredError `invalid-cursor`, or `invalid-name` for an origin, unless `value` maps at
 *   most 256 origins to `ts-seq`.
 */
export function parseVectorObject(value: unknown): Map<OriginId, Head> {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new DredError("invalid-cursor", "a vector is an object of origin: ts-seq");
  }
  const pairs = Object.entries(value);
  if (pairs.length > VECTOR_ORIGINS_MAX) {
    throw new DredError("invalid-cursor", `a vector has at most ${VECTOR_ORIGINS_MAX} origins`);
  }
  return new Map(pairs.map(([origin, head]) => [parseOriginId(origin), parseHead(head)]));
}
