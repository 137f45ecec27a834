import { parseChannelKey, parseServerId } from "@dred/protocol";
import type { ChannelKey, Entry, Frame, LogHead, OriginId } from "@dred/protocol";
import { afterEach, describe, expect, test } from "vitest";
import { FakePeer } from "./FakePeer.ts";
import { forgedEntries } from "./forgedEntries.ts";
import { Hood, urlOf } from "./Hood.ts";
import type { Host, HoodServer } from "./Hood.ts";

/*
 * Of two logs of the server z one cannot be had from z itself, the source: it comes from another
 * peer, for which its origin is not followed there (6.7, `fetch`).
 */

const BAD = parseChannelKey("bad~0");
const GOOD = parseChannelKey("good~0");
const ORIGIN = "z.mgqkx2o0aa" as OriginId;
const COUNT = 5;
/** A minute before a hood begins. */
const BEGIN_MS = new Hood().clock.now() - 60_000;
const hostOf = (name: string): Host => ({ id: parseServerId(name), url: urlOf(name) });

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

const entriesOf = (channel: ChannelKey): Entry[] =>
  forgedEntries({ channel, origin: ORIGIN, beginMs: BEGIN_MS, count: COUNT });

function headOf(channel: ChannelKey): LogHead {
  const { ts, seq, chain } = entriesOf(channel).at(-1) ?? { ts: 0, seq: 0, chain: "" };
  return [channel, { ts, seq }, chain];
}

/** How a peer answers when it is asked for the log BAD. */
type Answer = "entries" | "cannot" | "nothing";

/** A peer that lists both logs of z, and gives the good one. */
function startPeer(name: string, answer: () => Answer): FakePeer {
  const serve = ([channel, after]: LogHead, peer: FakePeer): void => {
    const given = channel === GOOD ? "entries" : answer();
    const log = { channel, origin: ORIGIN };
    if (given === "cannot") peer.send({ type: "entries", ...log, entries: [], isCutShort: true });
    const entries = entriesOf(channel).slice(after.seq);
    if (given === "entries" && entries.length > 0) peer.send({ type: "entries", ...log, entries });
  };
  const onFrame = (frame: Frame, peer: FakePeer): void => {
    if (frame.type === "heads-request") {
      const heads = [headOf(BAD), headOf(GOOD)];
      peer.send({ type: "heads", origin: ORIGIN, heads, next: undefined });
    } else if (frame.type === "pull" || frame.type === "fetch") {
      for (const log of frame.logs) serve(log, peer);
    }
  };
  const have = new Map([[ORIGIN, { count: 2 * COUNT, digest: "f".repeat(16) }]]);
  return new FakePeer(hood, { name, have, onFrame });
}

/** The logs that a peer was asked for in one way. */
function askedOf({ frames }: FakePeer, type: "pull" | "fetch"): ChannelKey[] {
  return frames.flatMap((frame) => {
    const isAsked = (frame.type === "pull" || frame.type === "fetch") && frame.type === type;
    return isAsked ? frame.logs.map(([channel]) => channel) : [];
  });
}

function fetchesOf(peers: readonly FakePeer[]): number {
  return peers.reduce((sum, peer) => sum + askedOf(peer, "fetch").length, 0);
}

function statusIn({ keeper }: HoodServer) {
  const { origins } = keeper.current().replication();
  return origins.find(({ origin }) => origin === ORIGIN);
}

describe("a log that is parked at its source", () => {
  test("is fetched from another peer, and the rest of its origin comes from the source", async () => {
    const source = startPeer("z", () => "cannot");
    const other = startPeer("y", () => "entries");
    const server = await hood.start("b", [hostOf("z"), hostOf("y")]);

    await hood.until(() => statusIn(server)?.count === 2 * COUNT);

    expect(statusIn(server)).toMatchObject({ source: "z", forks: 0, gaps: 0 });
    expect([askedOf(other, "pull"), askedOf(other, "fetch")]).toEqual([[], [BAD]]);
    expect(askedOf(source, "fetch")).toEqual([]);
    expect(hood.network.entriesReceived.get("b")).toBe(2 * COUNT); // R9
  });

  test("is asked of one peer after the other, at most each 2 s, until one gives it", async () => {
    let isGiven = false;
    const answer = (): Answer => (isGiven ? "entries" : "nothing");
    startPeer("z", () => "cannot");
    const others = ["w", "x", "y"].map((name) => startPeer(name, answer));
    const server = await hood.start(
      "b",
      ["z", "w", "x", "y"].map((name) => hostOf(name)),
    );
    await hood.until(() => others.every((peer) => askedOf(peer, "fetch").length > 0), 60_000);
    const beganMs = hood.clock.now();
    const began = fetchesOf(others);
    await hood.pass(20_000);
    expect(fetchesOf(others) - began).toBeLessThanOrEqual((hood.clock.now() - beganMs) / 2_000 + 1);
    expect(statusIn(server)).toMatchObject({ count: COUNT, lagEntries: COUNT });

    isGiven = true;
    await hood.until(() => statusIn(server)?.count === 2 * COUNT, 60_000);
  });

  test("is not asked of a peer that shows nothing of its origin", async () => {
    startPeer("z", () => "cannot");
    const stranger = new FakePeer(hood, { name: "y" });
    const server = await hood.start("b", [hostOf("z"), hostOf("y")]);
    await hood.until(() => statusIn(server)?.parked.length === 1);

    await hood.pass(10_000);

    expect(askedOf(stranger, "fetch")).toEqual([]);
  });

  test("is given by a server that has it, though that never was its source", async () => {
    let isSound = true;
    startPeer("z", () => (isSound ? "entries" : "cannot"));
    const before = await hood.start("c", [hostOf("z")]);
    await hood.until(() => statusIn(before)?.count === 2 * COUNT);
    await hood.done(before.keeper.close(0));
    isSound = false;
    const server = await hood.start("b", [hostOf("z")]);
    await hood.until(() => statusIn(server)?.count === COUNT);

    await hood.start("c", [hostOf("b")], { disk: before.disk }); // b dials back

    await hood.until(() => statusIn(server)?.count === 2 * COUNT, 2_000);
    expect(statusIn(server)).toMatchObject({ source: "z" });
  });
});
