import { chainThrough } from "@dred/core";
import { encodeLine, parseChannelKey, parseChannelName } from "@dred/protocol";
import { parseNeighborhood, parseServerId } from "@dred/protocol";
import type { ChannelKey, Entry, LogHead, OriginId } from "@dred/protocol";
import { MemoryDisk, nodeHash } from "@dred/server";
import { afterEach, expect, test } from "vitest";
import { FakePeer } from "./FakePeer.ts";
import { Hood, urlOf } from "./Hood.ts";

/* When a server that comes to others may serve. */

const NEWS = parseChannelName("news");
const LIVELY = parseChannelKey("lively~0");
const STILL = parseChannelKey("still~0");
const ORIGIN = "z.mgqkx2o0aa" as OriginId;

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

test("a server is ready only when it has what its peer had when it came", async () => {
  const replica = await hood.serving(await hood.start("a"));
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  for (let count = 0; count < 20; count++) {
    await hood.done(replica.post(NEWS, { type: "note", msg: "", ocid: `o${count}` }, ""));
  }

  const late = await hood.start("b", [{ id: parseServerId("a"), url: urlOf("a") }]);
  late.disk.faultOf = (operation) => (operation === "commit" ? "unreachable" : "none");
  await hood.pass(8_000);
  expect(late.keeper.current().readiness()).toMatchObject({ isReady: false, entriesMissing: 20 });

  late.disk.faultOf = () => "none";
  const joined = await hood.serving(late);
  expect(joined.channel(NEWS)?.count).toBe(20);
});

test("14.13: entries that arrive live in one log do not hide those that another lacks", async () => {
  const lively = entriesOf(LIVELY, 20);
  const still = entriesOf(STILL, 10);
  const peer = new FakePeer(hood, {
    name: "z",
    have: new Map([[ORIGIN, { count: 20, digest: "f".repeat(16) }]]),
    onFrame: (frame, to) => {
      if (frame.type !== "heads-request") return;
      const heads = [headIn(LIVELY, lively.slice(0, 10)), headIn(STILL, still)];
      to.send({ type: "heads", origin: ORIGIN, heads, next: undefined });
    },
  });
  const { keeper } = await hood.start("b", [{ id: parseServerId("z"), url: urlOf("z") }]);
  await hood.until(() => peer.frames.some(({ type }) => type === "heads-request"));

  peer.send({ type: "entries", channel: LIVELY, origin: ORIGIN, entries: lively });
  await hood.pass(8_000);
  expect(keeper.current().replication().origins).toMatchObject([{}, { count: 20 }]);
  expect(keeper.current().readiness()).toMatchObject({ isReady: false, entriesMissing: 10 });

  peer.send({ type: "entries", channel: STILL, origin: ORIGIN, entries: still });
  await hood.until(() => keeper.current().readiness().isReady);
});

test("14.13: what the peer gave up while we joined is not waited for", async () => {
  const still = entriesOf(STILL, 10);
  let heads = [headIn(LIVELY, entriesOf(LIVELY, 5)), headIn(STILL, still)];
  const peer = new FakePeer(hood, {
    name: "z",
    have: new Map([[ORIGIN, { count: 15, digest: "f".repeat(16) }]]),
    onFrame: (frame, to) => {
      if (frame.type === "heads-request") {
        to.send({ type: "heads", origin: ORIGIN, heads, next: undefined });
      }
    },
  });
  const { keeper } = await hood.start("b", [{ id: parseServerId("z"), url: urlOf("z") }]);
  await hood.until(() => peer.frames.some(({ type }) => type === "heads-request"));
  peer.send({ type: "entries", channel: STILL, origin: ORIGIN, entries: still });
  await hood.pass(6_000);
  expect(keeper.current().readiness()).toMatchObject({ isReady: false, entriesMissing: 5 });

  heads = heads.slice(1);
  await hood.until(() => keeper.current().readiness().isReady);
});

test("R10: a peer whose logs are reached is not asked for its heads again and again", async () => {
  const entries = entriesOf(STILL, 3);
  const peers = ["y", "z"].map((name) => {
    const have = new Map([[ORIGIN, { count: 3, digest: "f".repeat(16) }]]);
    return new FakePeer(hood, {
      name,
      have,
      onFrame: (frame, to) => {
        if (frame.type === "heads-request") {
          const heads = [headIn(STILL, entries)];
          to.send({ type: "heads", origin: ORIGIN, heads, next: undefined });
        } else if (frame.type === "pull" && frame.logs.length > 0) {
          to.send({ type: "entries", channel: STILL, origin: ORIGIN, entries });
        }
      },
    });
  });
  const hosts = ["y", "z"].map((name) => ({ id: parseServerId(name), url: urlOf(name) }));
  await hood.serving(await hood.start("b", hosts));
  await hood.pass(30_000);

  const asked = peers.map(
    ({ frames }) => frames.filter(({ type }) => type === "heads-request").length,
  );
  expect(Math.min(...asked)).toBeLessThan(4); // the source is compared with each second
});

test("a server whose store has no memory for what is to come ends with what to do, and then goes on", async () => {
  const replica = await hood.serving(await hood.start("a"));
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  const posts = Array.from({ length: 12_000 }, (_, count) =>
    replica.post(NEWS, { type: "note", msg: "m".repeat(100), ocid: `o${count}` }, ""),
  );
  await hood.done(Promise.all(posts));
  const disk = new MemoryDisk();
  disk.limitBytes = 1_000_000;
  disk.delayMs = 100;

  const late = await hood.start("b", [{ id: parseServerId("a"), url: urlOf("a") }], { disk });
  const refusal = await hood.done(late.keeper.refused);
  expect(refusal).toMatch(
    /^the store has too little memory .*: \d+ entries are still to come, of about \d{3} bytes each, .*Give the store [34] MB, and start/,
  );
  late.kill();

  disk.limitBytes = 10_000_000;
  const again = await hood.start("b", [{ id: parseServerId("a"), url: urlOf("a") }], { disk });
  expect(again.keeper.current().channel(NEWS)?.count).toBeGreaterThan(2_000);
  expect(again.keeper.current().channel(NEWS)?.count).toBeLessThan(12_000);
  const joined = await hood.serving(again);
  expect(joined.channel(NEWS)?.count).toBe(12_000);
});

function entriesOf(channel: ChannelKey, count: number): Entry[] {
  const name = channel === STILL ? "still" : "lively";
  const at = {
    channel: parseChannelName(name),
    neighborhood: parseNeighborhood("sim"),
    sender: "",
  };
  const entries: Entry[] = [];
  for (let seq = 1; seq <= count; seq++) {
    const head = { ts: (hood.clock.now() - 60_000) * 1000 + seq, seq };
    const line = encodeLine({ type: "note", msg: "", ocid: `o${seq}` }, at);
    const previous = entries.at(-1)?.chain ?? "";
    const log = { channel, origin: ORIGIN };
    const chain = chainThrough(nodeHash.sha256, log, previous, { ...head, line });
    entries.push({ ...head, line, chain });
  }
  return entries;
}

function headIn(channel: ChannelKey, entries: readonly Entry[]): LogHead {
  const { ts, seq, chain } = entries.at(-1) ?? { ts: 0, seq: 0, chain: "" };
  return [channel, { ts, seq }, chain];
}
