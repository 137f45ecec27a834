import type { CommitPlan } from "@dred/core";
import { toOriginId } from "@dred/protocol";
import type { ChannelKey, Entry, Epoch, OriginId, RegistryRecord } from "@dred/protocol";
import type {
  CallOptions,
  CommitReply,
  OpenRequest,
  Range,
  Shortening,
  Skip,
  Store,
  StoredChannel,
  StoreMemory,
  RegistryWrite,
  StoreSession,
  Trim,
} from "../replica/ports/Store.ts";
import type { StoreMetrics, StoreOperation } from "./StoreMetrics.ts";

/** The same store, whose calls are timed and counted. */
export function observeStore(store: Store, metrics: StoreMetrics): Store {
  return {
    async open(request, options) {
      const session = await timed(metrics, "open", store.open(observed(request), options));
      const own = toOriginId(request.serverId, session.epoch);
      return new ObservedSession(session, metrics, own);
    },
    close: () => store.close(),
  };

  function observed(request: OpenRequest): OpenRequest {
    const mintEpoch = (known: Epoch | undefined): Epoch => {
      metrics.minted();
      return request.mintEpoch(known);
    };
    return { ...request, mintEpoch };
  }
}

async function timed<Value>(
  metrics: StoreMetrics,
  operation: StoreOperation,
  call: Promise<Value>,
): Promise<Value> {
  const startMs = performance.now();
  try {
    const value = await call;
    metrics.called(operation, (performance.now() - startMs) / 1000);
    return value;
  } catch (error) {
    metrics.called(operation, (performance.now() - startMs) / 1000, error);
    throw error;
  }
}

class ObservedSession implements StoreSession {
  readonly storeId: string;
  readonly epoch: Epoch;
  readonly #session: StoreSession;
  readonly #metrics: StoreMetrics;
  readonly #own: OriginId;

  constructor(session: StoreSession, metrics: StoreMetrics, own: OriginId) {
    this.storeId = session.storeId;
    this.epoch = session.epoch;
    this.#session = session;
    this.#metrics = metrics;
    this.#own = own;
  }

  renew(options: CallOptions): Promise<void> {
    return this.#timed("renew", this.#session.renew(options));
  }

  channels(options: CallOptions): Promise<ChannelKey[]> {
    return this.#timed("channels", this.#session.channels(options));
  }

  openChannel(channel: ChannelKey, windowMs: number, options: CallOptions): Promise<StoredChannel> {
    const opened = this.#session.openChannel(channel, windowMs, options);
    return this.#timed("openChannel", opened);
  }

  async commit(channel: ChannelKey, plan: CommitPlan, options: CallOptions): Promise<CommitReply> {
    const reply = await this.#timed("commit", this.#session.commit(channel, plan, options));
    if (reply.status === "done") this.#metrics.stored(plan, this.#own);
    return reply;
  }

  reindex(channel: ChannelKey, plan: CommitPlan, options: CallOptions): Promise<CommitReply> {
    return this.#timed("reindex", this.#session.reindex(channel, plan, options));
  }

  settleIndex(channel: ChannelKey, windowMs: number, options: CallOptions): Promise<void> {
    const settled = this.#session.settleIndex(channel, windowMs, options);
    return this.#timed("settleIndex", settled);
  }

  shorten(channel: ChannelKey, to: Shortening, options: CallOptions): Promise<CommitReply> {
    return this.#timed("shorten", this.#session.shorten(channel, to, options));
  }

  async skip(channel: ChannelKey, skip: Skip, options: CallOptions): Promise<CommitReply> {
    const reply = await this.#timed("skip", this.#session.skip(channel, skip, options));
    if (reply.status === "done") this.#metrics.skipped(skip.origin);
    return reply;
  }

  range(channel: ChannelKey, range: Range, options: CallOptions): Promise<Entry[]> {
    return this.#timed("range", this.#session.range(channel, range, options));
  }

  bytes(channel: ChannelKey, options: CallOptions): Promise<number> {
    return this.#timed("bytes", this.#session.bytes(channel, options));
  }

  memory(options: CallOptions): Promise<StoreMemory> {
    return this.#timed("memory", this.#session.memory(options));
  }

  trim(channel: ChannelKey, trim: Trim, options: CallOptions): Promise<void> {
    return this.#timed("trim", this.#session.trim(channel, trim, options));
  }

  dropChannel(channel: ChannelKey, options: CallOptions): Promise<void> {
    return this.#timed("dropChannel", this.#session.dropChannel(channel, options));
  }

  loadRegistry(options: CallOptions): Promise<RegistryRecord[]> {
    return this.#timed("loadRegistry", this.#session.loadRegistry(options));
  }

  writeRegistry(write: RegistryWrite, options: CallOptions): Promise<void> {
    return this.#timed("writeRegistry", this.#session.writeRegistry(write, options));
  }

  close(): Promise<void> {
    return this.#session.close();
  }

  #timed<Value>(operation: StoreOperation, call: Promise<Value>): Promise<Value> {
    return timed(this.#metrics, operation, call);
  }
}
