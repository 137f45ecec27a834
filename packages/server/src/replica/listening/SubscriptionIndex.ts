import type { ChannelKey } from "@dred/protocol";
import type { Subscription } from "./Subscription.ts";

const NONE: ReadonlySet<Subscription> = new Set();

/** Who listens to a channel: what an append must look up, and nothing else. */
export class SubscriptionIndex {
  readonly #byChannel = new Map<ChannelKey, Set<Subscription>>();

  add(subscription: Subscription): void {
    const { key } = subscription.channel;
    const present = this.#byChannel.get(key);
    if (present === undefined) this.#byChannel.set(key, new Set([subscription]));
    else present.add(subscription);
  }

  remove(subscription: Subscription): void {
    const { key } = subscription.channel;
    const present = this.#byChannel.get(key);
    present?.delete(subscription);
    if (present?.size === 0) this.#byChannel.delete(key);
  }

  of(key: ChannelKey): ReadonlySet<Subscription> {
    return this.#byChannel.get(key) ?? NONE;
  }
}
