import { formatHead, parseOriginId } from "@dred/protocol";
import { requireAdmin } from "../checkAdmin.ts";
import type { HttpContext } from "../HttpContext.ts";
import { pathChannel, requireChannel } from "../pathChannel.ts";
import type { Route } from "../Route.ts";

/** `POST /channel/:id/logs/:origin/accept-gap` */
export function acceptGap(context: HttpContext): Route {
  return {
    method: "POST",
    path: "/channel/:id/logs/:origin/accept-gap",
    async handle(request) {
      const replica = context.replica();
      const { name } = requireChannel(replica, pathChannel(request));
      const origin = parseOriginId((request.params as { readonly origin: string }).origin);
      requireAdmin(request, context);
      const through = await replica.acceptGap(name, origin);
      return { channel: name, origin, through: formatHead(through), status: "accepted" };
    },
  };
}
