import { DEDUP_WINDOW_MS_MAX, dedupWindowMs } from "./identityIndex.ts";
import { CHAIN_START } from "./chainHash.ts";
import type { ChainedHead } from "./chainHash.ts";
import type { ChannelKey, OriginId } from "@dred/protocol";

/** What was read of a channel when it was opened. */
export interface ChannelContent {
  readonly heads: ReadonlyMap<OriginId, ChainedHead>;
  readonly bases: ReadonlyMap<OriginId, ChainedHead>;
  readonly twins: ReadonlyMap<string, string>;
}

/**
 * One channel's logs as the process knows them: what is decided upon. It is read from the
 * store on open and moved only by commits that the store confirmed.
 */
export interface ChannelLog {
  readonly key: ChannelKey;
  readonly heads: Map<OriginId, ChainedHead>;
  /** Everything at or below is gone: trimmed here, or skipped as a gap. */
  readonly bases: Map<OriginId, ChainedHead>;
  readonly twins: Map<string, string>;
  /** Larger than or equal to every ts of this channel, over its generations. */
  largestTs: number;
  /** The length of a dedup window in ms. */
  windowMs: number;
}

export function createChannelLog(key: ChannelKey): ChannelLog {
  return {
    key,
    heads: new Map(),
    bases: new Map(),
    twins: new Map(),
    largestTs: 0,
    windowMs: DEDUP_WINDOW_MS_MAX,
  };
}

/** Replaces what is known by what the store holds. */
export function adopt(log: ChannelLog, content: ChannelContent): void {
  refill(log.heads, content.heads);
  refill(log.bases, content.bases);
  refill(log.twins, content.twins);
  for (const head of log.heads.values()) log.largestTs = Math.max(log.largestTs, head.ts);
}

/** @param floorTs The tombstone's ts of the generation before; 0 without one. */
export function configure(
  log: ChannelLog,
  settings: { readonly floorTs: number; readonly messageLifetimeMs: number | undefined },
): void {
  log.largestTs = Math.max(log.largestTs, settings.floorTs);
  log.windowMs = dedupWindowMs(settings.messageLifetimeMs);
}

export function chainedHead(log: ChannelLog, origin: OriginId): ChainedHead {
  return log.heads.get(origin) ?? CHAIN_START;
}

function refill<Key, Value>(target: Map<Key, Value>, source: ReadonlyMap<Key, Value>): void {
  target.clear();
  for (const [key, value] of source) target.set(key, value);
}
