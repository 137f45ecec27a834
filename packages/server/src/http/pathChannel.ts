import { DredError, isReservedName, parseChannelName } from "@dred/protocol";
import type { ChannelName } from "@dred/protocol";
import type { FastifyRequest } from "fastify";
import type { ChannelInfo, Replica } from "../replica/Replica.ts";
import { idOf } from "./Route.ts";

/** The channel that the path names. @throws DredError `invalid-channel-name`. */
export function pathChannel(request: FastifyRequest): ChannelName {
  return parseChannelName(idOf(request));
}

/** The same, where clients create, post or delete. @throws DredError also `reserved-name`. */
export function writableChannel(request: FastifyRequest): ChannelName {
  const name = pathChannel(request);
  if (!isReservedName(name)) return name;
  throw new DredError(
    "reserved-name",
    `channel names that begin with "_" are reserved to the servers; choose another for "${name}"`,
  );
}

/** @throws DredError `channel-not-found`. */
export function requireChannel(replica: Replica, name: ChannelName): ChannelInfo {
  const channel = replica.channel(name);
  if (channel !== undefined) return channel;
  throw new DredError("channel-not-found", "channel not found");
}
