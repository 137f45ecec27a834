import { bucketOf } from "@dred/core";
import type { RegistryRecord } from "@dred/protocol";
import type { ReplicaContext } from "../ReplicaContext.ts";

/** An answer to a peer ends with the bucket that reaches this: a link takes no more at once. */
const DIFFERENCES_CHARS_MAX = 4_194_304;

/**
 * Records in the buckets whose digests differ from `theirs`: whole buckets, about as many as one
 * answer should have. They begin anywhere, so that whoever asks again gets to all.
 */
export function differences(
  { hash, random }: ReplicaContext,
  ours: { readonly records: Iterable<RegistryRecord>; readonly buckets: readonly string[] },
  theirs: readonly string[],
): RegistryRecord[] {
  const isDifferent = (bucket: number): boolean => ours.buckets[bucket] !== (theirs[bucket] ?? "");
  const found = new Map<number, RegistryRecord[]>();
  for (const record of ours.records) {
    const bucket = bucketOf(hash.sha256, record[0]);
    if (!isDifferent(bucket)) continue;
    const present = found.get(bucket);
    if (present === undefined) found.set(bucket, [record]);
    else present.push(record);
  }
  const start = Math.floor(random() * found.size);
  const buckets = [...found.values()];
  return firstOf([...buckets.slice(start), ...buckets.slice(0, start)]);
}

function firstOf(buckets: readonly (readonly RegistryRecord[])[]): RegistryRecord[] {
  const records: RegistryRecord[] = [];
  let chars = 0;
  for (const bucket of buckets) {
    if (chars >= DIFFERENCES_CHARS_MAX) break;
    for (const record of bucket) chars += record[0].length + record[1].length;
    records.push(...bucket);
  }
  return records;
}
