import { describe, expect, test } from "vitest";
import type { ChannelRecord, HostRecord } from "./registryRecord.ts";
import { firstGeneration, isCollectable, noteCollected } from "./tombstones.ts";
import { TOMBSTONE_KEPT_MS, wasAwayTooLong } from "./tombstones.ts";

const nowMs = 1_763_923_555_123;
const at = (ms: number): { ts: number; origin: string } => ({ ts: ms * 1000, origin: "a.aaa00" });

function tombstone(deletedMs: number, generation = 0): ChannelRecord {
  const created = at(deletedMs - 1_000);
  const record = { kind: "channel", generation, isDeleted: true, floorTs: 0, options: {} } as const;
  return { ...record, created, updated: at(deletedMs) };
}

function host(fields: Partial<HostRecord> = {}): HostRecord {
  const place = { url: "http://a", storeId: "s1", epoch: "aaa00", version: "1" };
  return { kind: "host", isRemoved: false, updated: at(nowMs), ...place, ...fields };
}

function collectable(field: string, value: Parameters<typeof isCollectable>[1]): boolean {
  const channel = (): ChannelRecord => tombstone(nowMs, 1);
  return isCollectable(field, value, { nowMs, channel });
}

describe("what the registry forgets", () => {
  test("R5: a channel's tombstone after 30 days, and never a channel that lives", () => {
    const old = tombstone(nowMs - TOMBSTONE_KEPT_MS - 1);
    expect(collectable("channel/news", old)).toBe(true);
    expect(collectable("channel/news", tombstone(nowMs - TOMBSTONE_KEPT_MS))).toBe(false);
    expect(collectable("channel/news", { ...old, isDeleted: false })).toBe(false);
  });

  test("members of deleted generations at once, and no hosts", () => {
    const member = { kind: "member", updated: at(nowMs), state: "joined" } as const;
    expect(collectable("member/news~0/alice", member)).toBe(true);
    expect(collectable("member/news~1/alice", member)).toBe(true);
    expect(collectable("member/news~2/alice", member)).toBe(false);
    expect(collectable("host/a", host({ isRemoved: true, updated: at(0) }))).toBe(false);
    const unknown = { nowMs, channel: () => undefined };
    expect(isCollectable("member/news~0/alice", member, unknown)).toBe(false);
  });

  test("but no generation is counted twice", () => {
    expect(firstGeneration([host()])).toBe(0);
    const once = { ...host(), ...noteCollected(host(), [tombstone(5, 0)]) };
    expect(firstGeneration([host(), once])).toBe(1);
    const again = { ...once, ...noteCollected(once, [tombstone(7, 4), tombstone(6, 2)]) };
    expect(again).toMatchObject({ collectedTs: 7_000, collectedGeneration: 4 });
    expect(firstGeneration([again, host()])).toBe(5);
  });
});

describe("a server that was away", () => {
  const forgot = [host({ collectedTs: nowMs * 1000 })];
  const server = { storeId: "s1", syncedTs: 0 };

  test("R5: is refused when others forgot a tombstone that is newer than what it knew", () => {
    const before = host({ syncedTs: nowMs * 1000 - 1 });
    expect(wasAwayTooLong(server, before, forgot)).toBe(true);
    const claim = { ...server, syncedTs: nowMs * 1000 - 1 };
    expect(wasAwayTooLong(claim, host({ syncedTs: nowMs * 1000 }), forgot)).toBe(true);
    const unnoted = host({ updated: at(nowMs - 1) });
    expect(wasAwayTooLong(server, unnoted, forgot)).toBe(true);
  });

  test("is welcome when it knew them all, however long it was away", () => {
    expect(wasAwayTooLong(server, host({ syncedTs: nowMs * 1000 }), forgot)).toBe(false);
    expect(wasAwayTooLong({ ...server, syncedTs: 1 }, host({ syncedTs: 1 }), [host()])).toBe(false);
  });

  test("is welcome with another store, or when it was never here", () => {
    expect(wasAwayTooLong({ ...server, storeId: "s2" }, host({ syncedTs: 1 }), forgot)).toBe(false);
    expect(wasAwayTooLong(server, undefined, forgot)).toBe(false);
  });
});
