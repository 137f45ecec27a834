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
      const bytes = await replica.channelBytes(name, { signal: AbortSignal.timeout(WAIT_MS_MAX) });
      return { id: name, ...info, bytes, vector: toVectorObject(vector) };
    },
  };
}
