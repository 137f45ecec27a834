import { parseMid, toMid } from "@dred/protocol";
import type { Head, MessageIdentity, OriginId, Position } from "@dred/protocol";
import type { Sha256 } from "./sha256.ts";

/** Where a (sender, ocid) is held, and what it says there. */
export interface IndexedPosition extends Position {
  /** First 64 bits of SHA-256 of the line, in hexadecimal. */
  readonly contentHash: string;
}

/** Ocids are remembered at least this long; `docs/replication.md`, "Dedup window". */
export const DEDUP_WINDOW_MS_MAX = 48 * 3_600_000;
const DEDUP_WINDOW_MS_MIN = 60_000;

/** The key of (sender, ocid) in a channel's index: 128 bits in hexadecimal. */
export function identityDigest(sha256: Sha256, identity: MessageIdentity): string {
  return sha256(JSON.stringify([identity.sender, identity.ocid])).slice(0, 32);
}

export function contentHash(sha256: Sha256, line: string): string {
  return sha256(line).slice(0, 16);
}

/** One value of the index: `origin/ts-seq:contentHash`. */
export function formatIndexed(origin: OriginId, head: Head, hash: string): string {
  return `${toMid(origin, head)}:${hash}`;
}

export function parseIndexed(value: string): IndexedPosition {
  const colon = value.lastIndexOf(":");
  return { ...parseMid(value.slice(0, colon)), contentHash: value.slice(colon + 1) };
}

/** The length of a dedup window: the lifetime of messages, within a minute and 48 hours. */
export function dedupWindowMs(messageLifetimeMs: number | undefined): number {
  const lifetime = messageLifetimeMs ?? DEDUP_WINDOW_MS_MAX;
  return Math.max(DEDUP_WINDOW_MS_MIN, Math.min(DEDUP_WINDOW_MS_MAX, lifetime));
}

/** The roll (numbered dedup window) that a ts in microseconds lies in. */
export function rollOf(ts: number, windowMs: number): number {
  return Math.floor(ts / (windowMs * 1000));
}
