import { parseChannelName, toVectorObject } from "@dred/protocol";
import type { HttpContext } from "../HttpContext.ts";
import { requireChannel } from "../pathChannel.ts";
import type { Route } from "../Route.ts";

/** `GET /replication`, with `?channel=` also that channel's vector */
export function replication(context: HttpContext): Route {
  return {
    method: "GET",
    path: "/replication",
    handle(request) {
      const replica = context.replica();
      const { channel } = request.query as { readonly channel?: unknown };
      if (channel === undefined) return replica.replication();
      const { name, generation, vector } = requireChannel(replica, parseChannelName(channel));
      const found = { name, generation, vector: toVectorObject(vector) };
      return { ...replica.replication(), channel: found };
    },
  };
}
