import type { ChainedHead } from "@dred/core";
import { formatHead, parseHead } from "@dred/protocol";

/** A head or base as it is stored: `ts-seq:chain`. */
export function formatStoredHead(head: ChainedHead): string {
  return `${formatHead(head)}:${head.chain}`;
}

/** @throws DredError `invalid-cursor` unless `text` is `ts-seq:chain`. */
export function parseStoredHead(text: string): ChainedHead {
  const colon = text.indexOf(":");
  return { ...parseHead(text.slice(0, colon)), chain: text.slice(colon + 1) };
}
