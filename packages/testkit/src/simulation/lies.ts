import { limits } from "@dred/protocol";
import type { ChannelKey, Entry, Head, OriginId } from "@dred/protocol";
import type { FakePeer } from "./FakePeer.ts";
import { forgedEntries } from "./forgedEntries.ts";

/** What a peer was asked for when it lies. */
interface AskedLog {
  readonly channel: ChannelKey;
  readonly origin: OriginId;
  /** Where the asking server stands, and the chain hash there. */
  readonly after: Head;
  readonly chain: string;
  /** At least three entries that follow, as an honest peer could show them. */
  readonly entries: readonly Entry[];
  /** The origin that the asking server writes. */
  readonly own: OriginId;
  readonly nowMs: number;
}

/** Something that no honest peer says, and that must harm one log or one link at most. */
export interface Lie {
  readonly name: string;
  /** Why the log is parked; undefined where the link is ended, or nothing happens at all. */
  readonly reason: string | undefined;
  /** Instead of the entries that were asked for. */
  tell(peer: FakePeer, log: AskedLog): void;
}

const DAY_MS = 86_400_000;
const COUNT = 5;

function sendEntries(
  peer: FakePeer,
  { channel, origin }: Pick<AskedLog, "channel" | "origin">,
  entries: readonly Entry[],
): void {
  peer.send({ type: "entries", channel, origin, entries });
}

/** Lies about one log that was asked for. */
export const lies: readonly Lie[] = [
  {
    name: "jumps over entries",
    reason: "hole",
    tell: (peer, log) => sendEntries(peer, log, log.entries.slice(2)),
  },
  {
    name: "changed the content of an entry",
    reason: "fork",
    tell: (peer, log) => {
      const [first, ...rest] = log.entries;
      const line = first?.line.replace("note", "vote") ?? "";
      if (first !== undefined) sendEntries(peer, log, [{ ...first, line }, ...rest]);
    },
  },
  {
    name: "sends what is no message, on a right chain",
    reason: "undecodable",
    tell: (peer, log) => {
      const lineOf = (seq: number): string => `no message ${seq}`;
      sendEntries(peer, log, forged(log, { beginMs: log.nowMs, lineOf }));
    },
  },
  {
    name: "sends entries of tomorrow",
    reason: "future",
    tell: (peer, log) => sendEntries(peer, log, forged(log, { beginMs: log.nowMs + DAY_MS })),
  },
  {
    name: "says that what lives is gone",
    reason: "gap",
    tell: (peer, { channel, origin, after, entries }) => {
      const last = entries.at(-1);
      if (last === undefined) return;
      const { ts, seq, chain } = last;
      const through = { ts, seq };
      peer.send({
        type: "gap",
        channel,
        origin,
        reason: "life",
        after,
        through,
        chain,
        head: through,
      });
    },
  },
  {
    name: "forges entries of the server's own origin",
    reason: undefined,
    tell: (peer, { channel, own, nowMs }) => {
      const log = { channel, origin: own };
      sendEntries(peer, log, forgedEntries({ ...log, beginMs: nowMs - 60_000, count: COUNT }));
    },
  },
  {
    name: "sends what is no frame",
    reason: undefined,
    tell: (peer) => peer.sendText('{"type":"entries"}'),
  },
  {
    name: "sends a frame that is larger than any",
    reason: undefined,
    tell: (peer) => peer.sendText(" ".repeat(limits.FRAME_BYTES_MAX + 1)),
  },
  {
    name: "sends a frame that no peer sends on this line",
    reason: undefined,
    tell: (peer, { origin }) => peer.send({ type: "pull", origin, logs: [] }),
  },
  {
    name: "answers what nobody asked, and nothing else",
    reason: undefined,
    tell: (peer) => peer.send({ type: "held", ref: 99, isHeld: true }),
  },
];

function forged(
  { channel, origin, after, chain }: AskedLog,
  details: { readonly beginMs: number; readonly lineOf?: (seq: number) => string },
): Entry[] {
  const place = { channel, origin, after: { seq: after.seq, chain }, count: COUNT };
  return forgedEntries({ ...place, ...details });
}
