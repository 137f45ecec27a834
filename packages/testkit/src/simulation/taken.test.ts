import { formatFrame, parseChannelKey, parseChannelName, parseServerId } from "@dred/protocol";
import type { EntriesFrame, Frame, OriginId, Position } from "@dred/protocol";
import type { MemoryDisk } from "@dred/server";
import { afterEach, expect, test } from "vitest";
import { silentLog } from "../silentLog.ts";
import { FakePeer } from "./FakePeer.ts";
import { forgedEntries } from "./forgedEntries.ts";
import { Hood, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* What a server says to a peer from which it pulls, and when. */

const NEWS = parseChannelName("news");
const KEY = parseChannelKey("news~0");
const ORIGIN = "z.mgqkx2o0aa" as OriginId;
const Z = { id: parseServerId("z"), url: urlOf("z") };

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

const creditOf = ({ frames }: FakePeer): number[] =>
  frames.flatMap((frame) => (frame.type === "credit" ? [frame.bytes] : []));

/** Three entries that no server wrote, in one frame. */
function entriesFrame(origin: OriginId): EntriesFrame {
  const log = { channel: KEY, origin };
  const entries = forgedEntries({ ...log, beginMs: hood.clock.now() - 60_000, count: 3 });
  return { type: "entries", ...log, entries };
}

/** A server that pulls from z, which shows three entries. */
async function pulling(): Promise<{ server: HoodServer; peer: FakePeer }> {
  const have = new Map([[ORIGIN, { count: 3, digest: "f".repeat(16) }]]);
  const peer = new FakePeer(hood, { name: "z", have });
  const server = await hood.start("b", [Z]);
  await hood.until(() => peer.frames.some(({ type }) => type === "pull"));
  return { server, peer };
}

/** What the server b leaves behind that posted once, and where its message lies. */
async function hadOnePost(): Promise<{ disk: MemoryDisk; place: Position }> {
  const server = await hood.start("b");
  const replica = await hood.serving(server);
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  const { ts, seq } = await hood.done(replica.post(NEWS, { type: "t", msg: "", ocid: "o" }, ""));
  server.kill();
  return { disk: server.disk, place: { origin: replica.origin, ts, seq } };
}

const heldBy = ({ keeper }: HoodServer): number =>
  keeper
    .current()
    .replication()
    .origins.reduce((sum, { count }) => sum + count, 0);

test("6.13: nothing is sent after the proof before the peer has said what it has", async () => {
  let isMute = true;
  const peer = new FakePeer(hood, { name: "z", isMute: () => isMute });
  const { disk, place } = await hadOnePost();
  const { keeper } = await hood.start("b", [Z], { disk });
  await hood.until(() => peer.frames.some(({ type }) => type === "proof"));
  const reached = keeper.current().held(NEWS, place, 2, 1_000);

  await hood.pass(4_000);
  expect(await reached).toBe(1);
  expect(peer.frames.map(({ type }) => type)).toEqual(["hello", "proof"]);
  expect(peer.pings).toBe(0);

  isMute = false;
  peer.send({ type: "have", origins: new Map(), registry: "" });
  await hood.until(() => peer.pings > 0, 2_000);
});

test("6.14, 14.9: credit is given back when the store has what came, to the character, and not before", async () => {
  const { server, peer } = await pulling();
  server.disk.faultOf = (operation) => (operation === "commit" ? "unreachable" : "none");
  const frame = entriesFrame(ORIGIN);
  peer.send(frame);

  await hood.pass(5_000);
  expect(creditOf(peer)).toEqual([]);
  expect(heldBy(server)).toBe(0);

  server.disk.faultOf = () => "none";
  await hood.until(() => heldBy(server) === 3);
  await hood.until(() => creditOf(peer).length > 0, 1_000);
  expect(creditOf(peer)).toEqual([formatFrame(frame).length]);
});

test("6.14: credit of what is not wanted is given back at once", async () => {
  const peer = new FakePeer(hood, { name: "z" });
  await hood.start("b", [Z]);
  await hood.until(() => peer.frames.some(({ type }) => type === "proof"));
  await hood.pass(100);
  const frame = entriesFrame("y.mgqkx2o0aa" as OriginId); // is not pulled
  peer.send(frame);

  await hood.until(() => creditOf(peer).length > 0, 1_000);

  expect(creditOf(peer)).toEqual([formatFrame(frame).length]);
});

test("6.12: a peer that sends what only a dialler sends is cut off, with a word", async () => {
  const peer = new FakePeer(hood, { name: "z" });
  await hood.start("b", [Z]);
  await hood.until(() => peer.pings > 0);
  peer.send({ type: "credit", bytes: 1 });

  await hood.until(() => byesTo(peer).length > 0, 1_000);

  expect(byesTo(peer)).toMatchObject([{ reason: "protocol" }]);
});

test("6.18: a registry record of another form is left out and logged, and the rest counts", async () => {
  const warnings: unknown[] = [];
  const log = {
    ...silentLog,
    warn: (message: string, fields?: object) => void warnings.push({ message, ...fields }),
  };
  const peer = new FakePeer(hood, { name: "z" });
  const server = await hood.start("b", [Z], { log });
  await hood.until(() => peer.pings > 0);
  const stamp = { ts: hood.clock.now() * 1000, origin: ORIGIN };
  const record = { kind: "channel", generation: 0, isDeleted: false, floorTs: 0, options: {} };
  const good = JSON.stringify({ ...record, created: stamp, updated: stamp });
  peer.send({
    type: "registry",
    ref: 3,
    records: [
      ["channel/broken", "{"],
      ["channel/strange", '{"kind":"channel","generation":"first"}'],
      ["nothing/known", good],
      ["channel/news", good],
    ],
  });

  await hood.until(() => peer.frames.some(({ type }) => type === "registry-ack"), 2_000);

  expect(peer.frames.findLast(({ type }) => type === "registry-ack")).toMatchObject({ ref: 3 });
  expect(server.keeper.current().channels()).toEqual([NEWS]);
  const left = ["channel/broken", "channel/strange", "nothing/known"];
  for (const field of left) expect(warnings).toContainEqual(expect.objectContaining({ field }));
});

function byesTo({ frames }: FakePeer): Frame[] {
  return frames.filter(({ type }) => type === "bye");
}

test("R11: the answer to a pull is stored, though a push with a hole came just before it", async () => {
  const { server, peer } = await pulling();
  const answer = entriesFrame(ORIGIN);
  const ofThese = (from: number, to: number): Frame => {
    return { ...answer, entries: answer.entries.slice(from, to) };
  };
  server.disk.delayMs = 100; // while the first is stored, the others come
  peer.send(ofThese(0, 1));
  peer.send(ofThese(2, 3));
  peer.send(ofThese(1, 3));

  await hood.until(() => heldBy(server) === 3, 1_000); // sooner than it would be asked for again
});

test("6.7: what is held already, or a cut, behind a fork does not end the parking", async () => {
  const { server, peer } = await pulling();
  const answer = entriesFrame(ORIGIN);
  server.disk.delayMs = 100; // while the first is stored, the others come
  peer.send({ ...answer, entries: answer.entries.slice(0, 2) });
  const chain = answer.entries[0]?.chain ?? "";
  const fork = answer.entries.slice(2).map((entry) => ({ ...entry, chain }));
  peer.send({ ...answer, entries: fork });
  peer.send({ ...answer, entries: answer.entries.slice(0, 2) });
  peer.send({ ...answer, entries: [], isCutShort: true });

  await hood.until(() => creditOf(peer).length === 4, 1_000);

  const parked = server.keeper
    .current()
    .replication()
    .origins.flatMap((each) => each.parked);
  expect(parked).toMatchObject([{ channel: KEY, reason: "fork" }]);
});
