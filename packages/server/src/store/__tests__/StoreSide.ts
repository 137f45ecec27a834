import type { CommitPlan } from "@dred/core";
import { assert, DredError, START } from "@dred/protocol";
import type { ChannelKey, Head, OriginId } from "@dred/protocol";
import { chainOf, commitOf, entriesAfter, first, second, windowMs } from "@dred/testkit";
import type { OpenRequest, StoreSession } from "../../replica/ports/Store.ts";
import { own } from "./storeCommands.ts";
import type { Command, Moving } from "./storeCommands.ts";

/** What is done to the store behind its back. */
interface Damage {
  removeKey(channel: ChannelKey, part: string): Promise<void>;
  removeEntry(channel: ChannelKey, origin: OriginId, at: Head): Promise<void>;
}

type SessionCommand = Exclude<Command, { kind: "open" | "lose" }>;

/** One store with what a caller would remember of it. */
export class StoreSide {
  readonly heads = new Map<string, Head>();
  /** For windows of which length each channel was opened last. */
  readonly #windows = new Map<ChannelKey, number>();
  readonly #open: (request: OpenRequest) => Promise<StoreSession>;
  readonly #damage: Damage;
  readonly #request: OpenRequest;
  readonly #options = { signal: AbortSignal.timeout(60_000) };
  #session: StoreSession | undefined;

  constructor(
    open: (request: OpenRequest) => Promise<StoreSession>,
    damage: Damage,
    request: OpenRequest,
  ) {
    this.#open = open;
    this.#damage = damage;
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
    if (given.kind === "lose") return this.#damage.removeKey(given.channel, given.part);
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
      case "range":
        return session.range(given.channel, given.range, this.#options);
      case "register":
        return this.#register(session, given);
      default:
        return this.#move(session, given);
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

  async #move(session: StoreSession, given: Extract<Command, { kind: Moving }>): Promise<unknown> {
    const moved = this.#moved(given);
    const { origin: name, base } = moved;
    switch (given.kind) {
      case "skip":
        return session.skip(given.channel, moved, this.#options);
      case "trim":
        return session.trim(given.channel, { ...moved, twinsGone: ["d1"] }, this.#options);
      case "loseEntry":
        return this.#damage.removeEntry(given.channel, name, base);
      case "shorten": {
        const cut = { ...moved, head: base };
        return this.#note(given, await session.shorten(given.channel, cut, this.#options), base);
      }
    }
  }

  #moved(given: Extract<Command, { kind: Moving }>) {
    const name = `${given.channel} ${given.origin}`;
    const expected = this.heads.get(name) ?? START;
    const seq = Math.max(1, expected.seq + given.by);
    const base = { ts: Math.max(1, expected.ts + given.by * 10), seq, chain: chainOf(seq) };
    return { origin: given.origin, expected, base };
  }
}
