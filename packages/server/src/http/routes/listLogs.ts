import { formatHead } from "@dred/protocol";
import type { HttpContext } from "../HttpContext.ts";
import { pathChannel, requireChannel } from "../pathChannel.ts";
import type { Route } from "../Route.ts";

/** `GET /channel/:id/logs`: what servers are compared by */
export function listLogs(context: HttpContext): Route {
  return {
    method: "GET",
    path: "/channel/:id/logs",
    async handle(request) {
      const replica = context.replica();
      const { name, generation } = requireChannel(replica, pathChannel(request));
      const logs = await replica.logs(name);
      return {
        id: name,
        generation,
        logs: logs.map(({ origin, base, head }) => ({
          origin,
          base: formatHead(base),
          baseChain: base.chain,
          head: formatHead(head),
          chain: head.chain,
        })),
      };
    },
  };
}
