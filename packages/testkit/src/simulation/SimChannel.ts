import type { ChannelName, ChannelOptions } from "@dred/protocol";

/** A channel of the simulation, deleted and created again under the same options. */
export interface SimChannel {
  readonly name: ChannelName;
  readonly options: ChannelOptions;
  /** Nobody posts there. */
  readonly isIdle: boolean;
  /** Somebody deleted it, or asked for it. */
  wasDeleted: boolean;
}
