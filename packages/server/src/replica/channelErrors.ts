import { DredError } from "@dred/protocol";

/** The channel's generation was deleted, or there never was one. */
export function channelGone(): DredError {
  return new DredError("channel-not-found", "channel not found");
}

/**
 * What a client is told when a store call failed: what may have been stored stays open.
 *
 * @param isEnding The call was cut off because the replica ends.
 */
export function toPostError(error: unknown, isEnding: boolean): DredError {
  if (isEnding) {
    return new DredError("outcome-unknown", "the replica has ended; retry with the same ocid");
  }
  if (!(error instanceof DredError)) {
    return new DredError("internal", "the message could not be stored", { cause: error });
  }
  if (error.code !== "store-unavailable") return error;
  const detail = "the store did not answer; retry with the same ocid";
  return new DredError("outcome-unknown", detail, { cause: error });
}
