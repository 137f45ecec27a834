import { parseChannelKey, parseServerId } from "@dred/protocol";
import type { Frame, OriginId } from "@dred/protocol";
import { afterEach, expect, test } from "vitest";
import { FakePeer } from "./FakePeer.ts";
import { Hood, urlOf } from "./Hood.ts";

/* What a peer says that is a member and lies. */

const KEY = parseChannelKey("news~0");
const ORIGIN = "a.mgqkx2o0aa" as OriginId;

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

test("R1: a gap over what lives is not believed from another than its origin", async () => {
  const through = { ts: (hood.clock.now() - 1_000) * 1000, seq: 5 };
  const chain = "c".repeat(32);
  const answer = (frame: Frame, peer: FakePeer): void => {
    if (frame.type === "heads-request") {
      const heads = [[KEY, through, chain]] as const;
      peer.send({ type: "heads", origin: ORIGIN, heads, next: undefined });
    } else if (frame.type === "pull" && frame.logs.length > 0) {
      const after = { ts: 0, seq: 0 };
      const gap = {
        channel: KEY,
        origin: ORIGIN,
        after,
        through,
        chain,
        head: through,
        reason: "life",
      } as const;
      peer.send({ type: "gap", ...gap });
    }
  };
  const have = new Map([[ORIGIN, { count: 5, digest: "f".repeat(16) }]]);
  new FakePeer(hood, { name: "z", have, onFrame: answer });
  const server = await hood.start("b", [{ id: parseServerId("z"), url: urlOf("z") }]);
  const status = () => {
    const { origins } = server.keeper.current().replication();
    return origins.find(({ origin }) => origin === ORIGIN);
  };
  await hood.until(() => status()?.parked.length === 1);

  expect(status()).toMatchObject({ count: 0, gaps: 0, lagEntries: 5 });
  expect(status()?.parked).toMatchObject([{ channel: KEY, reason: "gap", from: "z" }]);
});

test("6.7: a log that a peer cannot send parks, and is tried ever more rarely", async () => {
  let pulls = 0;
  const answer = (frame: Frame, peer: FakePeer): void => {
    if (frame.type === "heads-request") {
      const heads = [[KEY, { ts: 5, seq: 5 }, "c".repeat(32)]] as const;
      peer.send({ type: "heads", origin: ORIGIN, heads, next: undefined });
    } else if (frame.type === "pull" && frame.logs.length > 0) {
      pulls++;
      const log = { channel: KEY, origin: ORIGIN };
      peer.send({ type: "entries", ...log, entries: [], isCutShort: true });
    }
  };
  const have = new Map([[ORIGIN, { count: 5, digest: "f".repeat(16) }]]);
  new FakePeer(hood, { name: "z", have, onFrame: answer });
  const { keeper } = await hood.start("b", [{ id: parseServerId("z"), url: urlOf("z") }]);
  const parked = () =>
    keeper
      .current()
      .replication()
      .origins.find(({ origin }) => origin === ORIGIN)?.parked ?? [];
  await hood.until(() => parked().length === 1);
  const [since] = parked();

  await hood.pass(60_000);

  expect(parked()).toEqual([since]);
  expect(pulls).toBeGreaterThan(3);
  expect(pulls).toBeLessThan(10);
});

test("R10: a peer whose registry never becomes ours is asked once a second, not without a pause", async () => {
  const peer = new FakePeer(hood, { name: "z", registry: "f".repeat(16) });
  await hood.start("b", [{ id: parseServerId("z"), url: urlOf("z") }]);

  await hood.pass(10_000);

  const asked = peer.frames.filter(({ type }) => type === "registry-request").length;
  expect(asked).toBeGreaterThan(5);
  expect(asked).toBeLessThan(13);
});
