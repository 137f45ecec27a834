import { formatHead } from "@dred/protocol";
import type { ChannelKey, Head, OriginId } from "@dred/protocol";
import type { Sha256 } from "./sha256.ts";

/** A head with the chain hash through it: equal chains mean equal logs (R8). */
export interface ChainedHead extends Head {
  readonly chain: string;
}

/** Before the first entry of a log. */
export const CHAIN_START: ChainedHead = { ts: 0, seq: 0, chain: "" };

/** The log that a chain runs through. */
export interface Log {
  readonly channel: ChannelKey;
  readonly origin: OriginId;
}

/**
 * The chain hash through the entry that follows `previous`: the first 128 bits of
 * SHA-256(previous, channel~g, origin, ts-seq, line), each on its own line; none of them
 * can contain a line end.
 */
export function chainThrough(
  sha256: Sha256,
  log: Log,
  previous: string,
  entry: Head & { readonly line: string },
): string {
  const text = `${previous}\n${log.channel}\n${log.origin}\n${formatHead(entry)}\n${entry.line}`;
  return sha256(text).slice(0, 32);
}

/**
 * Whether the chain hash of a head is known. It is not where a store lost its record of a channel
 * whose log was trimmed: what the log's base had is forgotten then.
 */
export function isChainKnown({ seq, chain }: Pick<ChainedHead, "seq" | "chain">): boolean {
  return chain !== "" || seq === 0;
}

/** Whether `entry` continues the chain behind `head`; where that is not known, any entry does. */
export function isOnChain(
  sha256: Sha256,
  log: Log,
  head: ChainedHead,
  entry: Head & { readonly line: string; readonly chain: string },
): boolean {
  return !isChainKnown(head) || entry.chain === chainThrough(sha256, log, head.chain, entry);
}
