/** How many messages of one channel are remembered. */
const CHANNEL_MESSAGES_MAX = 10_000;
/** How many of all channels together, roughly: the more channels, the fewer of each. */
const ALL_MESSAGES_MAX = 200_000;

/** What tells one message from another, wherever it was posted (R6). */
export interface SeenMessage {
  readonly channel: string;
  readonly sender: string | undefined;
  readonly ocid: string;
  readonly content: string;
}

/**
 * The last messages of each channel, so that the twin of one (the same post, taken by two servers
 * that did not see each other) is given only once. Other content under the same ocid is another
 * message. The memory is bounded: a twin that comes later than 10,000 messages is not recognised.
 */
export class SeenMessages {
  readonly #channels = new Map<string, Set<string>>();

  /** Remembers the message; returns false when it was remembered already. */
  add({ channel, sender, ocid, content }: SeenMessage): boolean {
    const seen = this.#of(channel);
    const key = `${sender ?? ""}\n${ocid}\n${contentHash(content)}`;
    if (seen.has(key)) return false;
    seen.add(key);
    this.#forget(seen);
    return true;
  }

  /** A deleted channel's messages never come again, and its next generation is another. */
  forgetChannel(channel: string): void {
    this.#channels.delete(channel);
  }

  #of(channel: string): Set<string> {
    const seen = this.#channels.get(channel) ?? new Set<string>();
    this.#channels.set(channel, seen);
    return seen;
  }

  #forget(seen: Set<string>): void {
    const max = Math.min(CHANNEL_MESSAGES_MAX, Math.ceil(ALL_MESSAGES_MAX / this.#channels.size));
    // A set keeps the order in which it was filled: the first ones are the oldest.
    for (const oldest of seen) {
      if (seen.size <= max) return;
      seen.delete(oldest);
    }
  }
}

/**
 * 64 bits of a text. It only has to tell apart what one sender posted under one ocid, so it need
 * not withstand an attack; a cryptographic hash is asynchronous in browsers.
 */
function contentHash(text: string): string {
  let low = 0x811c9dc5;
  let high = text.length ^ 0x9e3779b9;
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index);
    low = Math.imul(low ^ unit, 0x01000193);
    high = Math.imul(high ^ unit ^ (low >>> 15), 0x85ebca6b);
  }
  return `${(low >>> 0).toString(36)}.${(high >>> 0).toString(36)}`;
}
