import { randomBytes } from "node:crypto";
import { Owned } from "../Owned.ts";
import { openStores, redisCost } from "../Stores.ts";
import { createChannels, fill } from "./fill.ts";
import { processCost, yieldToOthers } from "./processCost.ts";
import type { ProcessCost } from "./processCost.ts";
import { Member } from "./Member.ts";
import { until } from "../until.ts";

/** A million entries at 1,000 a second would be far too slow. */
const DEADLINE_MS = 1_000_000;
const LOOK_MS = 100;
const NAMES = ["first", "second", "third"] as const;

interface Place {
  readonly name: string;
  readonly member: Member;
  readonly store: string;
}

/** What a server and its Redis have taken; a Redis's bytes are those that it uses for its data. */
export interface ServerCost {
  readonly name: string;
  readonly server: ProcessCost;
  readonly redis: ProcessCost;
}

/**
 * Two servers that hold everything, and the place of a third that holds nothing yet. The third and its
 * Redis would run on another machine: here they get what the others leave of this one.
 */
export class Scene implements AsyncDisposable {
  readonly #owned: Owned;
  readonly #places: readonly Place[];

  private constructor(owned: Owned, places: readonly Place[]) {
    this.#owned = owned;
    this.#places = places;
  }

  static async open(): Promise<Scene> {
    await using owned = new Owned();
    const neighborhood = `bench-${randomBytes(4).toString("hex")}`;
    const stores = owned.use(await openStores(NAMES.length, neighborhood));
    const places: Place[] = [];
    for (const [index, name] of NAMES.entries()) {
      const store = stores.urls[index] ?? "";
      const join = places.slice(0, 1).flatMap(({ member }) => ["--join", member.url]);
      const args = ["--neighborhood", neighborhood, "--store", store, ...join];
      const isJoiner = name === "third";
      if (isJoiner) yieldToOthers((await redisCost(store)).pid);
      const started = isJoiner ? yieldToOthers : () => undefined;
      const member = owned.use(await Member.create(name, { args, started }));
      places.push({ name, member, store });
    }
    for (const { member } of places.slice(0, 2)) await member.start();
    return new Scene(owned.move(), places);
  }

  /** The two that are there from the beginning. */
  get urls(): readonly string[] {
    return this.#places.slice(0, 2).map(({ member }) => member.url);
  }

  /** The one that joins. */
  get joiner(): Member {
    const member = this.#places[2]?.member;
    if (member === undefined) throw new Error("there is no third server");
    return member;
  }

  /** Gives the channels, when both servers hold all messages in them. */
  async fill(channels: number, messages: number): Promise<readonly string[]> {
    const names = await createChannels(this.urls[0] ?? "", channels);
    await this.converged(2, 0);
    await fill(this.urls, { channels: names, messages });
    await this.converged(2, messages);
    return names;
  }

  /** Resolves when the first `count` servers are ready and hold so many messages. */
  async converged(count: number, held: number): Promise<void> {
    for (const { member } of this.#places.slice(0, count)) {
      await until(
        async () => {
          const progress = await member.progress();
          return progress?.isReady === true && progress.held >= held;
        },
        DEADLINE_MS,
        LOOK_MS,
      );
    }
  }

  async costs(): Promise<readonly ServerCost[]> {
    return await Promise.all(
      this.#places.map(async ({ name, member, store }) => {
        const { pid, usedBytes } = await redisCost(store);
        const { processorSeconds } = await processCost(pid);
        const redis = { residentBytes: usedBytes, processorSeconds };
        return { name, server: await processCost(member.pid), redis };
      }),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#owned[Symbol.asyncDispose]();
  }
}
