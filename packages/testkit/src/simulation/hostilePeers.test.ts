import { parseChannelKey, parseServerId } from "@dred/protocol";
import type { ChannelKey, Entry, Frame, LogHead, OriginId } from "@dred/protocol";
import type { Replica } from "@dred/server";
import { afterEach, describe, expect, test } from "vitest";
import { FakePeer } from "./FakePeer.ts";
import { forgedEntries } from "./forgedEntries.ts";
import { Hood, urlOf } from "./Hood.ts";
import { lies } from "./lies.ts";
import type { Lie } from "./lies.ts";

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

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

const entriesOf = (channel: ChannelKey): Entry[] =>
  forgedEntries({ channel, origin: ORIGIN, beginMs: BEGIN_MS, count: COUNT });

const allLies: readonly Lie[] = [
  ...lies,
  {
    name: "lists heads out of order",
    reason: undefined,
    tell: (peer) => {
      peer.send({ type: "heads", origin: ORIGIN, heads: headsOf([GOOD, BAD]), next: undefined });
    },
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
  const serve = ([channel, after, chain]: LogHead, peer: FakePeer): void => {
    const entries = entriesOf(channel).filter(({ seq }) => seq > after.seq);
    const place = { channel, origin: ORIGIN, after, chain, entries };
    const asked = { ...place, own: own(), nowMs: hood.clock.now() };
    if (channel === BAD && isLying) return lie.tell(peer, asked);
    if (entries.length > 0) peer.send({ type: "entries", channel, origin: ORIGIN, entries });
  };
  const onFrame = (frame: Frame, peer: FakePeer): void => {
    if (frame.type === "heads-request" && frame.origin === ORIGIN) {
      peer.send({ type: "heads", origin: ORIGIN, heads: headsOf([BAD, GOOD]), next: undefined });
    } else if (frame.type === "pull" || frame.type === "fetch") {
      for (const log of frame.logs.toReversed()) serve(log, peer);
    }
  };
  const have = new Map([[ORIGIN, { count: 2 * COUNT, digest: "f".repeat(16) }]]);
  new FakePeer(hood, { name: "z", have, onFrame });
  return { stop: () => (isLying = false) };
}

describe("a peer that", () => {
  test.each(allLies)("R1: $name harms one log, as long as it does", async (lie) => {
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
