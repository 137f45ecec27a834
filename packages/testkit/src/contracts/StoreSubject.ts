import { DredError, parseEpoch, START } from "@dred/protocol";
import type { ChannelKey, Entry, Epoch, Neighborhood, OriginId } from "@dred/protocol";
import type { CallOptions, OpenRequest, Store, StoreSession } from "@dred/server";
import { commitOf, entriesAfter, first, news, second, serverId, windowMs } from "./storeSamples.ts";

/** One disk (a database, a memory disk) that stores are made on, and what can happen to it. */
export interface StoreHarness {
  /** Another store on the same disk, as another process would make it. */
  createStore(): Store;
  readonly neighborhood: Neighborhood;
  /** How long the stores' leases run. */
  readonly leaseMs: number;
  flush(): Promise<void>;
  /** The disk was restarted, restored or failed over: everything is stamped by another life. */
  changeReplid(channel: ChannelKey): Promise<void>;
  /** A commit that died right after its entry was appended. */
  appendOnly(channel: ChannelKey, origin: OriginId, entry: Entry): Promise<void>;
  /** Another session's epoch, newer than all, stands in the channel. */
  stampNewer(channel: ChannelKey): Promise<void>;
  /** Deletes one key of a channel: `meta`, `twins`, `log:<origin>` or `ocid:<roll>`. */
  remove(channel: ChannelKey, part: string): Promise<void>;
  /** Deletes the registry, with its stamp. */
  removeRegistry(): Promise<void>;
  /** Puts something of another type in the place of one key. */
  spoil(channel: ChannelKey, part: string): Promise<void>;
  /** From now on nothing reaches the disk, until `comeBack`. */
  goAway(): void;
  comeBack(): void;
  close(): Promise<void>;
}

/** A deadline for everything in one test. */
const TEST_MS_MAX = 15_000;

/** The store that one test of the contract looks at; `renew` before, `close` after each. */
export class StoreSubject {
  readonly #createHarness: () => Promise<StoreHarness>;
  #harness: StoreHarness | undefined;
  #store: Store | undefined;
  #options: CallOptions = { signal: AbortSignal.abort() };
  /** What `mintEpoch` was told, call by call. */
  minted: (Epoch | undefined)[] = [];

  constructor(createHarness: () => Promise<StoreHarness>) {
    this.#createHarness = createHarness;
  }

  async renew(): Promise<void> {
    this.#harness = await this.#createHarness();
    this.#store = this.#harness.createStore();
    this.#options = { signal: AbortSignal.timeout(TEST_MS_MAX) };
    this.minted = [];
  }

  async close(): Promise<void> {
    await this.#harness?.close();
  }

  get harness(): StoreHarness {
    if (this.#harness === undefined) throw new Error("the test has not begun");
    return this.#harness;
  }

  get options(): CallOptions {
    return this.#options;
  }

  /** Opens the store as the process `one` of the server `first`, unless told otherwise. */
  async open(details: Partial<OpenRequest> = {}): Promise<StoreSession> {
    const { neighborhood } = this.harness;
    const mintEpoch = (known: Epoch | undefined): Epoch => {
      this.minted.push(known);
      return parseEpoch(`m2k9xq${this.minted.length}a7`);
    };
    const request = { neighborhood, serverId, instance: "one", isEpochLost: false, mintEpoch };
    if (this.#store === undefined) throw new Error("the test has not begun");
    return this.#store.open({ ...request, ...details }, this.#options);
  }

  /** A session with an opened, empty channel. */
  async openNews(): Promise<StoreSession> {
    const session = await this.open();
    await session.openChannel(news, windowMs, this.#options);
    return session;
  }

  /** A session with a channel that holds three entries of each of two origins. */
  async openFilled(): Promise<StoreSession> {
    const session = await this.openNews();
    for (const origin of [first, second]) {
      const commit = commitOf(entriesAfter(START, 3), { origin, prefix: origin });
      await session.commit(news, commit, this.#options);
    }
    return session;
  }
}

/** The code that a call is rejected with; `no error` when it is not. */
export async function codeOf(promise: Promise<unknown>): Promise<string> {
  return promise.then(
    () => "no error",
    (error: unknown) => (error instanceof DredError ? error.code : String(error)),
  );
}
