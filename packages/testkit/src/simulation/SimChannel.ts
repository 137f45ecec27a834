import type { ChannelName, ChannelOptions } from "@dred/protocol";

/** A channel of the simulation, deleted and created again under the same options. */
export interface SimChannel {
  readonly name: ChannelName;
  readonly options: ChannelOptions;
  /** Nobody posts there. */
  readonly isIdle: boolean;
  /** Somebody deleted it, or asked for it; or it expires by itself. */
  wasDeleted: boolean;
  /** Some store lost its index or its notes of twins, which cannot be seen: it takes ocids anew. */
  isIndexLost: boolean;
}

/** Whether it comes to its end by itself: nobody creates it again, and a post may have failed. */
export function isExpiring({ options }: SimChannel): boolean {
  return options.expiresAt !== undefined;
}

/** Whether messages of it die. */
export function isMortal({ options }: SimChannel): boolean {
  return options.messageLifetime !== undefined || options.maxMessages !== undefined;
}
