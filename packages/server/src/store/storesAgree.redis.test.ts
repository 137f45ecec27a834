import type { CommitPlan } from "@dred/core";
import {
  assert,
  DredError,
  parseChannelKey,
  parseEpoch,
  parseOriginId,
  parseServerId,
  START,
} from "@dred/protocol";
import type { ChannelKey, Head, OriginId } from "@dred/protocol";
import { chainOf, commitOf, entriesAfter, first, RedisDisk, second, windowMs } from "@dred/testkit";
import fc from "fast-check";
import { expect, test } from "vitest";
import { systemClock } from "../observe/systemClock.ts";
import type { OpenRequest, Range, StoreSession } from "../replica/ports/Store.ts";
import { MemoryDisk } from "./memory/MemoryDisk.ts";
import { createMemoryStore } from "./memory/MemoryStore.ts";

/*
 * The memory store is what the simulation runs on; what it proves holds for Redis only as far as
 * both answer alike. So both get the same random commands, sensible and not, and every answer is
 * compared.
 */

type Command =
  | { kind: "open"; isEpochLost: boolean }
  | { kind: "openChannel" | "settleIndex"; channel: ChannelKey; windowMs: number }
  | { kind: "drop"; channel: ChannelKey }
  | { kind: "lose"; channel: ChannelKey; part: string }
  | {
      kind: "commit";
      channel: ChannelKey;
      origin: OriginId;
      count: number;
      digest: number;
      roll: number;
      isStale: boolean;
      isOfOtherWindows: boolean;
      isTwin: boolean;
    }
  | { kind: "skip" | "trim"; channel: ChannelKey; origin: OriginId; by: number }
  | { kind: "range"; channel: ChannelKey; range: Range }
  | { kind: "register"; field: string; value: string };

const channel = fc.constantFrom(parseChannelKey("news~1"), parseChannelKey("a:b.ö~2"));
/** What the first epoch of the store writes itself. */
const own = parseOriginId("first.m2k9xq01");
const origin = fc.constantFrom(first, second, own);
/** Mostly what a careful caller does. */
const oneInFive = fc.integer({ min: 0, max: 4 }).map((n) => n === 0);
/** Two lengths of a dedup window, one of them rare. */
const windows = oneInFive.map((isRare) => (isRare ? 2 : 1) * windowMs);
const ts = fc.integer({ min: 0, max: 200 });

const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("open"), isEpochLost: fc.boolean() }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom("openChannel", "openChannel", "settleIndex"),
      channel,
      windowMs: windows,
    }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("drop"), channel }) },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("lose"),
      channel,
      part: fc.constantFrom("meta", `log:${own}`, `log:${first}`),
    }),
  },
  {
    weight: 12,
    arbitrary: fc.record({
      kind: fc.constant("commit"),
      channel,
      origin,
      count: fc.integer({ min: 1, max: 4 }),
      digest: fc.integer({ min: 0, max: 30 }),
      roll: fc.integer({ min: 6, max: 9 }),
      isStale: oneInFive,
      isOfOtherWindows: oneInFive,
      isTwin: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom("skip", "trim"),
      channel,
      origin,
      by: fc.integer({ min: -3, max: 3 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("range"),
      channel,
      range: fc.record({
        origin,
        afterTs: ts,
        beforeTs: fc.oneof(ts, fc.constant(Infinity)),
        order: fc.constantFrom("asc", "desc"),
        entriesMax: fc.integer({ min: 1, max: 50 }),
        charsMax: fc.integer({ min: 1, max: 1_000 }),
      }),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant("register"),
      field: fc.constantFrom("a", "b", "#writes", "##"),
      value: fc.string({ maxLength: 5 }),
    }),
  },
) as fc.Arbitrary<Command>;

/** Deletes one key of a channel behind the store's back. */
type RemoveKey = (channel: ChannelKey, part: string) => Promise<void>;

type SessionCommand = Exclude<Command, { kind: "open" | "lose" }>;

/** One store with what a caller would remember of it. */
class Side {
  readonly heads = new Map<string, Head>();
  /** For windows of which length each channel was opened last. */
  readonly #windows = new Map<ChannelKey, number>();
  readonly #open: (request: OpenRequest) => Promise<StoreSession>;
  readonly #remove: RemoveKey;
  readonly #request: OpenRequest;
  readonly #options = { signal: AbortSignal.timeout(60_000) };
  #session: StoreSession | undefined;

  constructor(
    open: (request: OpenRequest) => Promise<StoreSession>,
    remove: RemoveKey,
    request: OpenRequest,
  ) {
    this.#open = open;
    this.#remove = remove;
    this.#request = request;
  }

  /** What the command answers, as something that can be compared. */
  async answer(given: Command): Promise<unknown> {
    try {
      return await this.#run(given);
    } catch (error) {
      if (error instanceof DredError) return error.code;
      throw error;
    }
  }

  async #run(given: Command): Promise<unknown> {
    if (given.kind === "open") return this.#begin(given.isEpochLost);
    if (given.kind === "lose") return this.#remove(given.channel, given.part);
    assert(this.#session !== undefined, "the first command opens the store");
    return this.#call(this.#session, given);
  }

  #call(session: StoreSession, given: SessionCommand): Promise<unknown> {
    switch (given.kind) {
      case "openChannel":
        return this.#openChannel(session, given);
      case "settleIndex":
        return session.settleIndex(given.channel, given.windowMs, this.#options);
      case "drop":
        return session.dropChannel(given.channel, this.#options);
      case "commit":
        return this.#commit(session, given);
      case "skip":
      case "trim":
        return this.#move(session, given);
      case "range":
        return session.range(given.channel, given.range, this.#options);
      case "register":
        return this.#register(session, given);
    }
  }

  async #begin(isEpochLost: boolean): Promise<unknown> {
    this.#session = await this.#open({ ...this.#request, isEpochLost });
    return this.#session.epoch;
  }

  async #openChannel(
    session: StoreSession,
    { channel: key, windowMs: ms }: Extract<Command, { kind: "openChannel" | "settleIndex" }>,
  ): Promise<unknown> {
    const stored = await session.openChannel(key, ms, this.#options);
    this.#windows.set(key, ms);
    const { heads, bases, twins, faults, isIndexLost } = stored;
    for (const name of [first, second, own]) {
      this.heads.set(`${key} ${name}`, heads.get(name) ?? START);
    }
    const maps = [heads, bases, twins, faults];
    return [isIndexLost, ...maps.map((map) => Object.fromEntries(map as Map<string, unknown>))];
  }

  async #commit(
    session: StoreSession,
    given: Extract<Command, { kind: "commit" }>,
  ): Promise<unknown> {
    const expected = this.heads.get(`${given.channel} ${given.origin}`) ?? START;
    const entries = entriesAfter(given.isStale ? START : expected, given.count);
    const twins = new Map(given.isTwin ? [["d1", `twin ${given.digest}`]] : []);
    const opened = this.#windows.get(given.channel) ?? windowMs;
    const commit: CommitPlan = {
      ...commitOf(entries, { origin: given.origin, roll: given.roll, twins }),
      windowMs: given.isOfOtherWindows ? 3 * windowMs : opened,
      expected: given.isStale ? START : expected,
    };
    const identities = commit.identities.map((identity, index) => ({
      ...identity,
      digest: `d${given.digest + index}`,
    }));
    const first = await session.commit(given.channel, { ...commit, identities }, this.#options);
    if (first.status !== "known") return this.#note(given, first, entries.at(-1) ?? START);
    const told = identities.map((identity) => ({
      ...identity,
      expected: first.values.get(identity.digest) ?? identity.expected,
    }));
    const again = await session.commit(
      given.channel,
      { ...commit, identities: told },
      this.#options,
    );
    return [first, this.#note(given, again, entries.at(-1) ?? START)];
  }

  async #register(
    session: StoreSession,
    { field, value }: Extract<Command, { kind: "register" }>,
  ): Promise<unknown> {
    const write = { records: [[field, value]] as const, mayExceedMemory: false };
    await session.writeRegistry(write, this.#options);
    return new Map(await session.loadRegistry(this.#options));
  }

  #note(
    given: { channel: ChannelKey; origin: OriginId },
    reply: { status: string },
    { ts: lastTs, seq }: Head,
  ): unknown {
    const name = `${given.channel} ${given.origin}`;
    if (reply.status === "done") this.heads.set(name, { ts: lastTs, seq });
    return reply;
  }

  #move(session: StoreSession, given: Extract<Command, { kind: "skip" | "trim" }>) {
    const moved = this.#moved(given);
    if (given.kind === "skip") return session.skip(given.channel, moved, this.#options);
    return session.trim(given.channel, { ...moved, twinsGone: ["d1"] }, this.#options);
  }

  #moved(given: Extract<Command, { kind: "skip" | "trim" }>) {
    const name = `${given.channel} ${given.origin}`;
    const expected = this.heads.get(name) ?? START;
    const seq = Math.max(1, expected.seq + given.by);
    const base = { ts: Math.max(1, expected.ts + given.by * 10), seq, chain: chainOf(seq) };
    return { origin: given.origin, expected, base };
  }
}

function requestOn(neighborhood: OpenRequest["neighborhood"]): OpenRequest {
  let mints = 0;
  return {
    neighborhood,
    serverId: parseServerId("first"),
    instance: "one",
    isEpochLost: false,
    mintEpoch: () => parseEpoch(`m2k9xq${String(++mints).padStart(2, "0")}`),
  };
}

test("the memory store and the Redis store answer every command alike", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(command, { minLength: 30, maxLength: 80 }), async (commands) => {
      await using redis = await RedisDisk.open(12);
      const disk = new MemoryDisk();
      const memory = createMemoryStore({ disk, clock: systemClock, random: Math.random });
      const { signal } = new AbortController();
      const real = redis.createStore({ url: redis.url, deadlineMs: 5_000 });
      const area = disk.area(redis.neighborhood);
      const left = new Side(
        (request) => memory.open(request, { signal }),
        async (key, part) => area.channels.get(key)?.remove(part),
        requestOn(redis.neighborhood),
      );
      const right = new Side(
        (request) => real.open(request, { signal }),
        async (key, part) => void (await redis.send("DEL", redis.key(`{${key}}:${part}`))),
        requestOn(redis.neighborhood),
      );

      const opening: Command[] = [{ kind: "open", isEpochLost: false }];
      for (const key of ["news~1", "a:b.ö~2"]) {
        opening.push({ kind: "openChannel", channel: parseChannelKey(key), windowMs });
      }
      for (const given of [...opening, ...commands]) {
        expect(await right.answer(given)).toEqual(await left.answer(given));
      }
    }),
    { numRuns: 30 },
  );
}, 60_000);
