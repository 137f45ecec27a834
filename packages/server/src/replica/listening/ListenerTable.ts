import type { ByeReason, ChannelKey, ChannelName, ControlLine } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import type { Listening, LineSink, ListenRequest } from "../Replica.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import { Listener } from "./Listener.ts";
import type { ChannelDirectory } from "./Listener.ts";
import { SubscriptionIndex } from "./SubscriptionIndex.ts";

/** All listening streams of one replica. */
export class ListenerTable {
  readonly #context: ReplicaContext;
  readonly #directory: ChannelDirectory;
  readonly #listeners = new Set<Listener>();
  readonly #index = new SubscriptionIndex();

  constructor(context: ReplicaContext, table: ChannelTable, directory: ChannelDirectory) {
    this.#context = context;
    this.#directory = directory;
    table.listen({
      appended: (channel, origin, _before, entries) => {
        const told = this.#index.of(channel.key);
        for (const subscription of told) subscription.appended(origin, entries);
        if (told.size === 0) return;
        const fields = {
          channel: channel.key,
          origin,
          entries: entries.length,
          listeners: told.size,
        };
        this.#context.log.flow("listeners told", fields);
      },
      advanced: (channel) => {
        for (const subscription of this.#index.of(channel.key)) subscription.advanced();
      },
    });
  }

  listen(requests: readonly ListenRequest[], sink: LineSink): Listening {
    const ended = (listener: Listener): void => void this.#listeners.delete(listener);
    const start = { requests, sink, directory: this.#directory, index: this.#index, ended };
    const listener = new Listener(this.#context, start);
    this.#listeners.add(listener);
    listener.start();
    return listener;
  }

  count(key: ChannelKey): number {
    return this.#index.of(key).size;
  }

  created(name: ChannelName): void {
    for (const listener of this.#listeners) listener.created(name);
  }

  deleted(name: ChannelName): void {
    for (const listener of this.#listeners) listener.deleted(name);
  }

  notify(channel: ChannelName, line: ControlLine): void {
    for (const listener of this.#listeners) listener.notify(channel, line);
  }

  byeAll(reason: ByeReason, hosts: readonly string[]): void {
    for (const listener of this.#listeners) listener.bye(reason, hosts);
  }
}
