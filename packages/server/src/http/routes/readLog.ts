import { formatHead, parseHead, parseOriginId } from "@dred/protocol";
import type { Head } from "@dred/protocol";
import type { HttpContext } from "../HttpContext.ts";
import { pathChannel, requireChannel } from "../pathChannel.ts";
import type { Route } from "../Route.ts";

const LAST: Head = { ts: Number.MAX_SAFE_INTEGER, seq: Number.MAX_SAFE_INTEGER };

/** `GET /channel/:id/logs/:origin` */
export function readLog(context: HttpContext): Route {
  return {
    method: "GET",
    path: "/channel/:id/logs/:origin",
    async handle(request) {
      const replica = context.replica();
      const { name } = requireChannel(replica, pathChannel(request));
      const { origin } = request.params as { readonly origin: string };
      const query = request.query as Readonly<Record<string, unknown>>;
      const { base, entries } = await replica.readLog(name, {
        origin: parseOriginId(origin),
        after: query["after"] === undefined ? { ts: 0, seq: 0 } : parseHead(query["after"]),
        through: query["through"] === undefined ? LAST : parseHead(query["through"]),
      });
      return {
        base: formatHead(base),
        baseChain: base.chain,
        entries: entries.map((entry) => {
          return { at: formatHead(entry), chain: entry.chain, line: entry.line };
        }),
      };
    },
  };
}
