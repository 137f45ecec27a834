import type { ControlLine } from "@dred/protocol";
import { isMatch, isPattern } from "./listening/ListenTarget.ts";
import type { Message } from "./listening/Message.ts";
import type { MessageStream } from "./listening/MessageStream.ts";

/**
 * Takes one message. While the promise it returns is pending no further message of the same
 * subscription is given; what it throws goes to `onError`, and the subscription goes on.
 */
export type MessageCallback = (message: Message) => unknown;

/** A callback for each channel or pattern, or names only, for one callback that takes all. */
export type Subscribed = Readonly<Record<string, MessageCallback>> | string | readonly string[];

/** The callback of each channel; `byName` for those that come without one. */
export function toCallbacks(
  channels: Subscribed,
  byName: MessageCallback,
): ReadonlyMap<string, MessageCallback> {
  const pairs = typeof channels === "string" ? [channels] : channels;
  const named: readonly (readonly [string, MessageCallback])[] = isList(pairs)
    ? pairs.map((channel) => [channel, byName] as const)
    : Object.entries(pairs);
  return new Map(named.map(([channel, callback]) => [channel.normalize("NFC"), callback]));
}

function isList(channels: Exclude<Subscribed, string>): channels is readonly string[] {
  return Array.isArray(channels);
}

export interface SubscriptionHandlers {
  /** By channel or pattern. */
  readonly callbacks: ReadonlyMap<string, MessageCallback>;
  /** Takes `gap`, `deleted`, `chanCreated` and all other lines that are no messages. */
  readonly onControl: ((line: ControlLine) => unknown) | undefined;
  /** Takes what a callback threw, and why the subscription ended if not by `close()`. */
  readonly onError: (error: unknown) => void;
}

/** Channels whose messages go to callbacks, until it is closed or its client disconnects. */
export class Subscription implements AsyncDisposable {
  readonly #stream: MessageStream<Message | ControlLine>;
  readonly #handlers: SubscriptionHandlers;
  readonly #running: Promise<void>;

  constructor(stream: MessageStream<Message | ControlLine>, handlers: SubscriptionHandlers) {
    this.#stream = stream;
    this.#handlers = handlers;
    this.#running = this.#run();
  }

  /** The position behind the last message given; see `MessageStream.cursor`. */
  cursor(channel: string): string | undefined {
    return this.#stream.cursor(channel);
  }

  async close(): Promise<void> {
    await this.#stream.close();
    await this.#running;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  async #run(): Promise<void> {
    try {
      for await (const item of this.#stream) await this.#give(item);
    } catch (error) {
      this.#handlers.onError(error);
    }
  }

  async #give(item: Message | ControlLine): Promise<void> {
    try {
      if (isMessage(item)) await this.#callbackFor(item.channel)?.(item);
      else await this.#handlers.onControl?.(item);
    } catch (error) {
      this.#handlers.onError(error);
    }
  }

  #callbackFor(channel: string): MessageCallback | undefined {
    const { callbacks } = this.#handlers;
    const own = callbacks.get(channel);
    if (own !== undefined) return own;
    for (const [name, callback] of callbacks) {
      if (isPattern(name) && isMatch(name, channel)) return callback;
    }
    return undefined;
  }
}

/** Whether a line of a stream is a message: only messages have a `mid`. */
export function isMessage(item: Message | ControlLine): item is Message {
  return "mid" in item;
}
