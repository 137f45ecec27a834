import { DredError, parseCursor, parseVectorObject } from "@dred/protocol";
import type { VectorObject } from "@dred/protocol";

/**
 * Where listening begins: at all that is retained (`"start"`), at a cursor as text, or at a vector
 * (`{"first.m2k9xqa7": "1763923555123456-42"}`). Without one, at what is posted from now on.
 */
export type Since = "start" | (string & {}) | VectorObject;

/** A channel's name, or a prefix that ends in `*`, and where to begin. */
export interface ListenTarget {
  readonly channel: string;
  readonly since?: Since;
}

/** One or more channels to listen to. */
export type ListenTargets = string | readonly (string | ListenTarget)[];

/**
 * The targets as a list of distinct channels; `since` is for those that have none of their own.
 *
 * @throws DredError `invalid-cursor` for a cursor or vector that is none, or another channel's;
 *   `invalid-shape` when no channel is named.
 */
export function toListenTargets(targets: ListenTargets, since?: Since): readonly ListenTarget[] {
  const list = typeof targets === "string" ? [targets] : targets;
  const distinct = new Map<string, ListenTarget>();
  for (const item of list) {
    const target = typeof item === "string" ? { channel: item } : item;
    const own = target.since ?? since;
    const channel = target.channel.normalize("NFC");
    if (own !== undefined) check(own, channel);
    distinct.set(channel, own === undefined ? { channel } : { channel, since: own });
  }
  if (distinct.size === 0) throw new DredError("invalid-shape", "name a channel to listen to");
  return [...distinct.values()];
}

function check(since: Since, channel: string): void {
  if (typeof since === "object") parseVectorObject(since);
  else if (since !== "start" && parseCursor(since).channel !== channel) {
    throw new DredError("invalid-cursor", `the cursor is not one of the channel "${channel}"`);
  }
}

/** Whether the target is a prefix of channels. */
export function isPattern(channel: string): boolean {
  return channel.endsWith("*");
}

/** Whether `pattern` (`game-*`) stands for `channel`; it never stands for reserved channels. */
export function isMatch(pattern: string, channel: string): boolean {
  const prefix = pattern.slice(0, -1);
  return channel.startsWith(prefix) && (prefix.startsWith("_") || !channel.startsWith("_"));
}
