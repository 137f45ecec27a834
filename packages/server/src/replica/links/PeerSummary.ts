import type { OriginSummary } from "@dred/protocol";

/** How much of an origin a peer has. */
export interface PeerSummary extends OriginSummary {
  /** Whether it was less than we held when the peer said so. */
  readonly isBehind: boolean;
}
