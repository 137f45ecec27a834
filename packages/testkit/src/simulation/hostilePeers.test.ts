import { parseChannelKey, parseServerId } from "@dred/protocol";
import type { ChannelKey, Entry, Frame, Head, LogHead, OriginId } from "@dred/protocol";
import type { Replica } from "@dred/server";
import { afterEach, describe, expect, test } from "vitest";
import { FakePeer } from "./FakePeer.ts";
import { forgedEntries } from "./forgedEntries.ts";
import type { ForgedLog } from "./forgedEntries.ts";
import { Hood, urlOf } from "./Hood.ts";

/*
 * A peer that is a member, has two logs of another server, and lies about one of them. The other
 * log comes through all the same, nothing else of the server suffers, and the log comes, too, when
 * the peer has become honest.
 */

const BAD = parseChannelKey("bad~0");
const GOOD = parseChannelKey("good~0");
const ORIGIN = "a.mgqkx2o0aa" as OriginId;
const COUNT = 5;
/** A minute before a hood begins. */
const BEGIN_MS = new Hood().clock.now() - 60_000;
const DAY_MS = 86_400_000;

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

interface Lie {
  readonly name: string;
  /** Why the log is parked; undefined where the link is ended, or nothing happens at all. */
  readonly reason: string | undefined;
  /** Instead of the entries that were asked for. */
  tell(peer: FakePeer, after: Head, own: OriginId): void;
}

const entriesOf = (channel: ChannelKey, change: Partial<ForgedLog> = {}): Entry[] => {
  const beginMs = BEGIN_MS;
  return forgedEntries({ channel, origin: ORIGIN, beginMs, count: COUNT, ...change });
};

function sendEntries(peer: FakePeer, entries: readonly Entry[], origin: OriginId = ORIGIN): void {
  peer.send({ type: "entries", channel: BAD, origin, entries });
}

const lies: readonly Lie[] = [
  {
    name: "jumps over entries",
    reason: "hole",
    tell: (peer) => sendEntries(peer, entriesOf(BAD).slice(2)),
  },
  {
    name: "changed the content of an entry",
    reason: "fork",
    tell: (peer) => {
      const [first, ...rest] = entriesOf(BAD);
      const line = first?.line.replace("note", "vote") ?? "";
      if (first !== undefined) sendEntries(peer, [{ ...first, line }, ...rest]);
    },
  },
  {
    name: "sends what is no message, on a right chain",
    reason: "undecodable",
    tell: (peer) => sendEntries(peer, entriesOf(BAD, { lineOf: (seq) => `no message ${seq}` })),
  },
  {
    name: "sends entries of tomorrow",
    reason: "future",
    tell: (peer) => {
      const beginMs = hood.clock.now() + DAY_MS;
      sendEntries(peer, entriesOf(BAD, { beginMs }));
    },
  },
  {
    name: "says that what lives is gone",
    reason: "gap",
    tell: (peer, after) => {
      const last = entriesOf(BAD).at(-1);
      if (last === undefined) return;
      const { ts, seq, chain } = last;
      const log = { channel: BAD, origin: ORIGIN, reason: "life" } as const;
      peer.send({ type: "gap", ...log, after, through: { ts, seq }, chain });
    },
  },
  {
    name: "forges entries of the server's own origin",
    reason: undefined,
    tell: (peer, _after, own) => sendEntries(peer, entriesOf(BAD, { origin: own }), own),
  },
  {
    name: "sends what is no frame",
    reason: undefined,
    tell: (peer) => peer.sendText('{"type":"entries"}'),
  },
  {
    name: "sends a frame that no peer sends on this line",
    reason: undefined,
    tell: (peer) => peer.send({ type: "pull", origin: ORIGIN, logs: [] }),
  },
  {
    name: "lists heads out of order",
    reason: undefined,
    tell: (peer) => {
      peer.send({ type: "heads", origin: ORIGIN, heads: headsOf([GOOD, BAD]), next: undefined });
    },
  },
  {
    name: "answers what nobody asked, and nothing else",
    reason: undefined,
    tell: (peer) => peer.send({ type: "held", ref: 99, isHeld: true }),
  },
];

function headsOf(channels: readonly ChannelKey[]): LogHead[] {
  return channels.flatMap((channel): LogHead[] => {
    const last = entriesOf(channel).at(-1);
    return last === undefined ? [] : [[channel, { ts: last.ts, seq: last.seq }, last.chain]];
  });
}

/** The peer, which lies until it is told to stop. */
function startLiar(lie: Lie, own: () => OriginId): { stop(): void } {
  let isLying = true;
  const serve = (channel: ChannelKey, after: Head, peer: FakePeer): void => {
    if (channel === BAD && isLying) return lie.tell(peer, after, own());
    const entries = entriesOf(channel).filter(({ seq }) => seq > after.seq);
    peer.send({ type: "entries", channel, origin: ORIGIN, entries });
  };
  const onFrame = (frame: Frame, peer: FakePeer): void => {
    if (frame.type === "heads-request" && frame.origin === ORIGIN) {
      peer.send({ type: "heads", origin: ORIGIN, heads: headsOf([BAD, GOOD]), next: undefined });
    } else if (frame.type === "pull" || frame.type === "fetch") {
      for (const [channel, after] of frame.logs.toReversed()) serve(channel, after, peer);
    }
  };
  const have = new Map([[ORIGIN, { count: 2 * COUNT, digest: "f".repeat(16) }]]);
  new FakePeer(hood, { name: "z", have, onFrame });
  return { stop: () => (isLying = false) };
}

describe("a peer that", () => {
  test.each(lies)("R1: $name harms one log, as long as it does", async (lie) => {
    const started: { replica?: Replica } = {};
    const liar = startLiar(lie, () => started.replica?.origin ?? ORIGIN);
    const server = await hood.start("b", [{ id: parseServerId("z"), url: urlOf("z") }]);
    const replica = (started.replica = server.keeper.current());
    const status = () => replica.replication().origins.find(({ origin }) => origin === ORIGIN);
    const parked = () => (status()?.parked ?? []).map(({ channel, reason }) => [channel, reason]);
    const own = replica.origin;

    await hood.until(() => status()?.count === COUNT); // the good log
    await hood.pass(3_000);
    const expected = lie.reason === undefined ? [] : [[BAD, lie.reason]];
    // A hole is asked for three times before.
    await hood.until(() => JSON.stringify(parked()) === JSON.stringify(expected));
    expect(status()).toMatchObject({ count: COUNT, gaps: 0 });
    expect(server.keeper.current().origin).toBe(own);

    liar.stop();
    await hood.until(() => status()?.count === 2 * COUNT, 60_000);
    expect(parked()).toEqual([]);
  });
});
