import type { ChannelKey, Position } from "@dred/protocol";
import type { SimChannel } from "./SimChannel.ts";

/** Where a message is; without a key its generation was deleted before anybody looked. */
export interface Place extends Position {
  readonly key: ChannelKey | undefined;
}

/** One post of a simulated client: repeated under its ocid until it is answered. */
export interface SimPost {
  readonly channel: SimChannel;
  readonly ocid: string;
  readonly content: string;
  /** By how many servers it is to be held before it is answered. */
  readonly acks: number;
  /** Its place, once it was acknowledged. */
  place: Place | undefined;
  /** Answered for good: other content has its ocid. */
  isRefused: boolean;
  /** No store held it any more at some moment after it was acknowledged. */
  isLost: boolean;
}

export function isAnswered({ place, isRefused }: SimPost): boolean {
  return place !== undefined || isRefused;
}
