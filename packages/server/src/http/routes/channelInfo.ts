import { setMaxListeners } from "node:events";
import { toVectorObject } from "@dred/protocol";
import type { HttpContext } from "../HttpContext.ts";
import { pathChannel, requireChannel } from "../pathChannel.ts";
import type { Route } from "../Route.ts";

const WAIT_MS_MAX = 5_000;

/** `GET /channel/:id` */
export function channelInfo(context: HttpContext): Route {
  return {
    method: "GET",
    path: "/channel/:id",
    async handle(request) {
      const replica = context.replica();
      const { name, vector, ...info } = requireChannel(replica, pathChannel(request));
      const signal = AbortSignal.timeout(WAIT_MS_MAX);
      setMaxListeners(0, signal); // each key of the channel is measured by a call of its own
      const bytes = await replica.channelBytes(name, { signal });
      return { id: name, ...info, bytes, vector: toVectorObject(vector) };
    },
  };
}
