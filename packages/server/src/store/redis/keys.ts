import { parseChannelKey } from "@dred/protocol";
import type { ChannelKey, Neighborhood, OriginId } from "@dred/protocol";

/**
 * The names of all keys of one neighborhood, and the only place where they are made. Keys of
 * one channel share a hash tag, so that each script stays within one slot. Nothing expires but
 * the index and copies.
 */
export interface StoreKeys {
  /** Hash: layout, serverId, storeId, epoch, replid, owner, leaseUntil (ms), and for each channel
   * `wrote:<channel>`, the last epoch that wrote there. Lives for ever. */
  readonly server: string;
  /** Hash: registry field → value, and the fields `#…` of its stamp. Lives for ever. */
  readonly registry: string;
  /** Matches every key of every channel; a pattern for SCAN. */
  readonly channelPattern: string;
  /** Hash: the fields `#…` of its stamp; `#window` the length of the index's windows (ms), behind
   * `>` while it is to be written in them; `h:<origin>` head and `b:<origin>` base as
   * `ts-seq:chain`. Lives as long as the channel's generation. */
  meta(channel: ChannelKey): string;
  /** Stream: id `ts-seq`, `l` the line, `p` the chain hash. Lives until it is trimmed. */
  log(channel: ChannelKey, origin: OriginId): string;
  /** Stream: what a log keeps that is being shortened. Expires a minute after its last entry. */
  copy(channel: ChannelKey, origin: OriginId): string;
  /** Hash: digest of (sender, ocid) → `origin/ts-seq:contentHash`. Expires after three windows. */
  index(channel: ChannelKey, roll: number): string;
  /** Hash: digest → all positions of a twin. Lives as long as the channel's generation. */
  twins(channel: ChannelKey): string;
  /** Any key of a channel by what follows its hash tag, as `parseChannelPart` gives it. */
  part(channel: ChannelKey, part: string): string;
  /** Undefined for a key that belongs to no channel of this neighborhood. */
  parseChannelPart(key: string): ChannelPart | undefined;
}

/** One key of a channel: `meta`, `twins`, `log:<origin>`, `copy:<origin>` or `ocid:<roll>`. */
interface ChannelPart {
  readonly channel: ChannelKey;
  readonly part: string;
}

export const META = "meta";
export const TWINS = "twins";
export const LOG_PREFIX = "log:";
export const COPY_PREFIX = "copy:";
export const INDEX_PREFIX = "ocid:";

const CHANNEL_PART =
  /^\{(?<channel>[^{}]+)\}:(?<part>meta|twins|(?:log|copy):[a-z0-9-]{1,32}\.[0-9a-z]{3,16}|ocid:-?\d+)$/;

/** The field of `{server}:id` that says which epoch wrote in a channel. */
export function writtenField(channel: ChannelKey): string {
  return `wrote:${channel}`;
}

export function createKeys(neighborhood: Neighborhood): StoreKeys {
  const prefix = `dred:${neighborhood}:`;
  const part = (channel: ChannelKey, name: string): string => `${prefix}{${channel}}:${name}`;
  return {
    server: `${prefix}{server}:id`,
    registry: `${prefix}{registry}:state`,
    channelPattern: `${prefix}{*~*}:*`,
    meta: (channel) => part(channel, META),
    log: (channel, origin) => part(channel, LOG_PREFIX + origin),
    copy: (channel, origin) => part(channel, COPY_PREFIX + origin),
    index: (channel, roll) => part(channel, INDEX_PREFIX + String(roll)),
    twins: (channel) => part(channel, TWINS),
    part,
    parseChannelPart: (key) => parseChannelPart(key.slice(prefix.length)),
  };
}

function parseChannelPart(text: string): ChannelPart | undefined {
  const { channel, part } = CHANNEL_PART.exec(text)?.groups ?? {};
  if (channel === undefined || part === undefined) return undefined;
  try {
    return { channel: parseChannelKey(channel), part };
  } catch {
    return undefined; // somebody else's key under our prefix
  }
}
