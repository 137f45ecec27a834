import type { GapReason } from "./controlLine.ts";
import type { Entry } from "./entry.ts";
import { formatHead } from "./head.ts";
import type { Head } from "./head.ts";
import type { ChannelKey, Epoch, Neighborhood, OriginId, ServerId } from "./ids.ts";

/** The version both ends of a link must speak. */
export const PEER_PROTOCOL = 1;

/** One record of the registry on the wire and in the store: its field and its value as JSON. */
export type RegistryRecord = readonly [field: string, value: string];

/** One log's head and the chain hash through it ("" before its first entry). */
export type LogHead = readonly [channel: ChannelKey, head: Head, chain: string];

/** Who is at the other end of a link, as it says itself; proven by the `proof` that follows. */
export interface HelloFrame {
  readonly type: "hello";
  readonly protocol: number;
  readonly neighborhood: Neighborhood;
  readonly serverId: ServerId;
  readonly storeId: string;
  /** Random, one for each start of the process. */
  readonly instance: string;
  readonly epoch: Epoch;
  readonly version: string;
  /** Where others can reach this server. */
  readonly url: string;
  /** The sender's clock in ms since 1970. */
  readonly clock: number;
  /** Through which ts the sender's store says that it knew the registry; 0 for never. */
  readonly syncedTs: number;
  /** Random, one for each connection: 32 hexadecimal digits. */
  readonly nonce: string;
  /** The largest epoch known of every server, the receiver's own among them. */
  readonly epochs: ReadonlyMap<ServerId, Epoch>;
  /** Only in the acceptor's answer: its proof over both nonces. */
  readonly proof: string;
}

/** How much of an origin a server holds: the sum of its heads' seq, and a digest of them. */
export interface OriginSummary {
  readonly count: number;
  readonly digest: string;
}

/**
 * What peers say to each other on a link. The dialler pulls; the acceptor serves. Every
 * frame is one WebSocket text message: a JSON object, and for `entries` one more line for
 * each entry. docs/protocol.md is normative, vectors/frames.ndjson holds examples.
 */
export type Frame =
  | HelloFrame
  | { readonly type: "proof"; readonly proof: string }
  | {
      readonly type: "have";
      readonly origins: ReadonlyMap<OriginId, OriginSummary>;
      readonly registry: string;
    }
  | {
      readonly type: "heads-request";
      readonly origin: OriginId;
      readonly from: ChannelKey | undefined;
    }
  | {
      readonly type: "heads";
      readonly origin: OriginId;
      readonly heads: readonly LogHead[];
      /** Ask again from here; absent on the last page. */
      readonly next: ChannelKey | undefined;
    }
  | { readonly type: "pull"; readonly origin: OriginId; readonly logs: readonly LogHead[] }
  /** What follows these heads, once: nothing is followed from now on. */
  | { readonly type: "fetch"; readonly origin: OriginId; readonly logs: readonly LogHead[] }
  | {
      readonly type: "stop";
      readonly origin: OriginId;
      /** Only this log, until it is pulled again; absent for all of the origin. */
      readonly channel: ChannelKey | undefined;
    }
  | EntriesFrame
  | GapFrame
  | {
      readonly type: "held-request";
      readonly ref: number;
      readonly channel: ChannelKey;
      readonly origin: OriginId;
      readonly head: Head;
      readonly waitMs: number;
    }
  | { readonly type: "held"; readonly ref: number; readonly isHeld: boolean }
  | { readonly type: "credit"; readonly bytes: number }
  | { readonly type: "ping"; readonly sent: number }
  | { readonly type: "pong"; readonly sent: number; readonly clock: number }
  | { readonly type: "registry-request"; readonly buckets: readonly string[] }
  | {
      readonly type: "registry";
      /** To be acknowledged once stored; 0 when nobody waits. */
      readonly ref: number;
      readonly records: readonly RegistryRecord[];
    }
  | { readonly type: "registry-ack"; readonly ref: number }
  | { readonly type: "bye"; readonly reason: string; readonly detail: string };

/** Entries of one log, in seq order, in the text that their origin encoded. */
export interface EntriesFrame {
  readonly type: "entries";
  readonly channel: ChannelKey;
  readonly origin: OriginId;
  readonly entries: readonly Entry[];
  /** The entry that follows these cannot be sent, or cannot be read. */
  readonly isCutShort?: true;
}

/** Entries that are dead and will not come: `after` exclusive, `through` inclusive. */
export interface GapFrame {
  readonly type: "gap";
  readonly channel: ChannelKey;
  readonly origin: OriginId;
  readonly after: Head;
  readonly through: Head;
  /** The chain hash at `through`. */
  readonly chain: string;
  /** The sender's head of this log: what `maxMessages` is reckoned from. */
  readonly head: Head;
  readonly reason: GapReason;
}

export function formatFrame(frame: Frame): string {
  switch (frame.type) {
    case "hello":
      return JSON.stringify({ ...frame, epochs: Object.fromEntries(frame.epochs) });
    case "have":
      return JSON.stringify({ ...frame, origins: Object.fromEntries(frame.origins) });
    case "heads":
      return JSON.stringify({ ...frame, heads: frame.heads.map(formatLogHead) });
    case "pull":
    case "fetch":
      return JSON.stringify({ ...frame, logs: frame.logs.map(formatLogHead) });
    case "entries":
      return formatEntries(frame);
    case "gap":
      return JSON.stringify({
        ...frame,
        after: formatHead(frame.after),
        through: formatHead(frame.through),
        head: formatHead(frame.head),
      });
    case "held-request":
      return JSON.stringify({ ...frame, head: formatHead(frame.head) });
    default:
      return JSON.stringify(frame);
  }
}

function formatLogHead([channel, head, chain]: LogHead): [string, string, string] {
  return [channel, formatHead(head), chain];
}

/** A header, then a line an entry: `ts-seq chain line`; the entry's own text is not touched. */
function formatEntries(frame: EntriesFrame): string {
  const { type, channel, origin, entries, isCutShort } = frame;
  let text = JSON.stringify({ type, channel, origin, count: entries.length, isCutShort });
  for (const entry of entries) text += `\n${entry.ts}-${entry.seq} ${entry.chain} ${entry.line}`;
  return text;
}
