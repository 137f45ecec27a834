import { parseChannelKey, parseChannelName, parseServerId } from "@dred/protocol";
import type { Entry, Frame, Head, LogHead, OriginId } from "@dred/protocol";
import type { Replica } from "@dred/server";
import { afterEach, expect, test } from "vitest";
import { FakePeer } from "./FakePeer.ts";
import { forgedEntries } from "./forgedEntries.ts";
import { Hood, readLines, urlOf } from "./Hood.ts";

/* What all servers have lost is given up by an operator, and only that. */

const NEWS = parseChannelName("news");
const KEY = parseChannelKey("news~0");
const ORIGIN = "a.mgqkx2o0aa" as OriginId;

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

test("R5: what an operator gave up is dead on every server, told to readers, and the log goes on", async () => {
  const entries = entriesOf(8);
  const [, second, , , fifth] = entries as [Entry, Entry, Entry, Entry, Entry];
  const b = await hood.serving(await hood.start("b", [peerThatLost(entries)]));
  await hood.done(b.createChannel(NEWS, { options: {} }));
  const lines = readLines(b, NEWS, { kind: "start" });
  await hood.until(() => parkedOf(b).length === 1);
  expect(parkedOf(b)).toMatchObject([{ channel: KEY, reason: "gap", from: "z" }]);
  await hood.until(() => ocidsIn(lines).join() === "o1,o2");

  const through = await hood.done(b.acceptGap(NEWS, ORIGIN));

  expect(through).toEqual(placeOf(fifth));
  await hood.until(() => ocidsIn(lines).length === 5);
  expect(ocidsIn(lines)).toEqual(["o1", "o2", "o6", "o7", "o8"]);
  const gaps = lines.filter(({ type }) => type === "gap");
  expect(gaps).toMatchObject([
    { reason: "gone", after: midOf(second), through: midOf(fifth), origin: ORIGIN },
  ]);
  expect(parkedOf(b)).toEqual([]);

  const late = await hood.start("c", [{ id: parseServerId("b"), url: urlOf("b") }]);
  const c = await hood.serving(late);
  await hood.until(() => c.channel(NEWS)?.count === 3);
  expect(parkedOf(c)).toEqual([]);
  expect(digestOf(c)).toBe(digestOf(b));
  for (const replica of [b, c]) {
    expect(await hood.ocids(replica, NEWS)).toEqual(["o6", "o7", "o8"]);
  }
});

test("a log that no gap holds up is not given up", async () => {
  const a = await hood.serving(await hood.start("a"));
  await hood.done(a.createChannel(NEWS, { options: {} }));
  await hood.done(a.post(NEWS, { type: "note", msg: "", ocid: "o1" }, ""));
  const b = await hood.serving(
    await hood.start("b", [{ id: parseServerId("a"), url: urlOf("a") }]),
  );

  await expect(hood.done(b.acceptGap(NEWS, a.origin))).rejects.toMatchObject({ code: "no-gap" });
  expect(b.channel(NEWS)?.count).toBe(1);
});

/** Another server than the origin, which held the log once and lost its third to fifth entry. */
function peerThatLost(entries: readonly Entry[]): {
  id: ReturnType<typeof parseServerId>;
  url: string;
} {
  const last = entries.at(-1);
  const fifth = entries[4];
  if (last === undefined || fifth === undefined) throw new Error("there are too few entries");
  const answer = (frame: Frame, to: FakePeer): void => {
    if (frame.type === "heads-request") {
      const heads: LogHead[] = [[KEY, placeOf(last), last.chain]];
      to.send({ type: "heads", origin: ORIGIN, heads, next: undefined });
    } else if (frame.type === "pull" || frame.type === "fetch") {
      for (const [channel, after] of frame.logs) {
        const log = { channel, origin: ORIGIN };
        if (after.seq < 2) to.send({ type: "entries", ...log, entries: entries.slice(0, 2) });
        const gap = {
          through: placeOf(fifth),
          chain: fifth.chain,
          head: placeOf(fifth),
          reason: "life",
        } as const;
        const after2 = entries[1] === undefined ? after : placeOf(entries[1]);
        if (after.seq < 5) to.send({ type: "gap", ...log, after: after2, ...gap });
        to.send({ type: "entries", ...log, entries: entries.slice(5) });
      }
    }
  };
  const have = new Map([[ORIGIN, { count: entries.length, digest: "f".repeat(16) }]]);
  new FakePeer(hood, { name: "z", have, onFrame: answer });
  return { id: parseServerId("z"), url: urlOf("z") };
}

function entriesOf(count: number): Entry[] {
  const beginMs = hood.clock.now() - 60_000;
  return forgedEntries({ channel: KEY, origin: ORIGIN, beginMs, count });
}

function placeOf({ ts, seq }: Head): Head {
  return { ts, seq };
}

function midOf({ ts, seq }: Head): string {
  return `${ts}-${seq}`;
}

function ocidsIn(lines: readonly Record<string, unknown>[]): unknown[] {
  return lines.filter(({ type }) => type === "note").map(({ ocid }) => ocid);
}

function statusOf(replica: Replica) {
  return replica.replication().origins.find(({ origin }) => origin === ORIGIN);
}

function parkedOf(replica: Replica) {
  return statusOf(replica)?.parked ?? [];
}

function digestOf(replica: Replica): string | undefined {
  return statusOf(replica)?.digest;
}
