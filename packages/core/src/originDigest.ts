import { formatHead } from "@dred/protocol";
import type { ChannelKey, OriginId, OriginSummary } from "@dred/protocol";
import type { ChainedHead } from "./chainHash.ts";
import type { Sha256 } from "./sha256.ts";

/**
 * A rolling summary of all logs of one origin: two servers that hold the same heads show
 * the same one, whatever the order in which they got there (chain hashes included, so a fork
 * shows), and its size does not grow
 * with the channels. The digest is the XOR of one 64-bit hash for each head.
 */
export interface RollingSummary {
  count: number;
  high: number;
  low: number;
}

export function emptySummary(): RollingSummary {
  return { count: 0, high: 0, low: 0 };
}

export interface HeadMove {
  readonly channel: ChannelKey;
  readonly origin: OriginId;
  readonly before: ChainedHead | undefined;
  /** Undefined when the log is dropped. */
  readonly after: ChainedHead | undefined;
}

export function moveHead(summary: RollingSummary, sha256: Sha256, move: HeadMove): void {
  for (const head of [move.before, move.after]) {
    if (head === undefined || head.seq === 0) continue;
    const hash = sha256(`${move.channel}\n${move.origin}\n${formatHead(head)}\n${head.chain}`);
    summary.high ^= Number.parseInt(hash.slice(0, 8), 16);
    summary.low ^= Number.parseInt(hash.slice(8, 16), 16);
  }
  summary.count += (move.after?.seq ?? 0) - (move.before?.seq ?? 0);
}

export function toOriginSummary(summary: RollingSummary): OriginSummary {
  const digest = [summary.high, summary.low]
    .map((part) => (part >>> 0).toString(16).padStart(8, "0"))
    .join("");
  return { count: summary.count, digest };
}
