import { DredError } from "@dred/protocol";
import type { ServerId } from "@dred/protocol";

/** Another process runs this server on this store, and lives. */
export function leaseHeld(serverId: ServerId): DredError {
  return new DredError(
    "store-refused",
    `serverId ${serverId} is already running on this store: end the other process, or give ` +
      "this one a serverId and a store of its own",
  );
}

/** The store holds another server's logs. */
export function otherServer(names: { owner: string; serverId: ServerId }): DredError {
  return new DredError(
    "store-refused",
    `the store belongs to serverId ${names.owner}, and this is ${names.serverId}: ` +
      "give each server a store (or a numbered database) of its own",
  );
}
