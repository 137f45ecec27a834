import { contentHash, identityDigest, judgeTwins } from "@dred/core";
import type { PlacedEntry, Sha256, TwinView, TwinVerdict } from "@dred/core";
import { parseIdentity } from "@dred/protocol";

/**
 * What a reader is shown of an entry, given the twins noted in its channel. Nearly every
 * channel has none, and then no line is parsed.
 */
export function judgeTwin(
  sha256: Sha256,
  twins: ReadonlyMap<string, string>,
  placed: PlacedEntry,
  view: TwinView,
): TwinVerdict {
  if (twins.size === 0) return "show";
  const { origin, entry } = placed;
  const noted = twins.get(identityDigest(sha256, parseIdentity(entry.line)));
  if (noted === undefined) return "show";
  const self = {
    origin,
    ts: entry.ts,
    seq: entry.seq,
    contentHash: contentHash(sha256, entry.line),
  };
  return judgeTwins(noted, self, view);
}
