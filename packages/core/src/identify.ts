import { DredError, parseIdentity } from "@dred/protocol";
import type { Entry, OriginId } from "@dred/protocol";
import type { PlannedIdentity } from "./commitPlan.ts";
import { contentHash, formatIndexed, identityDigest } from "./identityIndex.ts";
import type { Sha256 } from "./sha256.ts";

/** What the index shall hold of an entry that is new to it; undefined when it is no message. */
export function identify(
  entry: Entry,
  { sha256, origin }: { readonly sha256: Sha256; readonly origin: OriginId },
): PlannedIdentity | undefined {
  try {
    const digest = identityDigest(sha256, parseIdentity(entry.line));
    const value = formatIndexed(origin, entry, contentHash(sha256, entry.line));
    return { digest, value, expected: "" };
  } catch (error) {
    if (error instanceof DredError) return undefined;
    throw error;
  }
}
