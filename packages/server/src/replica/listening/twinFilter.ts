import { contentHash, identityDigest, judgeForHistory, judgeForReader } from "@dred/core";
import type { PlacedEntry, Sha256, TwinVerdict } from "@dred/core";
import { parseIdentity } from "@dred/protocol";
import type { VersionVector } from "@dred/protocol";

/**
 * What a reader is shown of an entry, given the twins noted in its channel. Nearly every
 * channel has none, and then no line is parsed.
 *
 * @param vector The live reader's; absent for history, which follows canonical order.
 */
export function judgeTwin(
  sha256: Sha256,
  twins: ReadonlyMap<string, string>,
  placed: PlacedEntry,
  vector?: VersionVector,
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
  return vector === undefined ? judgeForHistory(noted, self) : judgeForReader(noted, self, vector);
}
