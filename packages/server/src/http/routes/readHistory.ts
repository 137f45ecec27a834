import { DredError, limits } from "@dred/protocol";
import type { HistoryPage, HistoryRequest } from "../../replica/Replica.ts";
import { wholeNumber } from "../acksQuery.ts";
import type { HttpContext } from "../HttpContext.ts";
import { pathChannel, requireChannel } from "../pathChannel.ts";
import type { Route } from "../Route.ts";

const LIMIT = 100;
const LIMIT_MAX = 1_000;
const READ_MS_MAX = 30_000;

/** `GET /channel/:id/messages` */
export function readHistory(context: HttpContext): Route {
  return {
    method: "GET",
    path: "/channel/:id/messages",
    async handle(request) {
      const name = pathChannel(request);
      const replica = context.replica();
      requireChannel(replica, name);
      const page = toPage(request.query as Readonly<Record<string, unknown>>);
      const signal = AbortSignal.timeout(READ_MS_MAX);
      return formatPage(await replica.history(name, page, { signal }));
    },
  };
}

/** @throws DredError `invalid-shape`. */
function toPage(query: Readonly<Record<string, unknown>>): HistoryRequest {
  const { limit, order = "asc" } = query;
  if (order !== "asc" && order !== "desc") {
    throw new DredError("invalid-shape", "order must be asc or desc");
  }
  return {
    limit: limit === undefined ? LIMIT : wholeNumber("limit", limit, [1, LIMIT_MAX]),
    order,
    ...place("after", query["after"]),
    ...place("before", query["before"]),
  };
}

function place(field: "after" | "before", value: unknown): Partial<HistoryRequest> {
  if (value === undefined) return {};
  if (typeof value === "string" && value.length <= limits.CURSOR_CHARS_MAX) {
    return { [field]: value };
  }
  throw new DredError("invalid-shape", `${field} must be given once: a mid, or a page's next`);
}

/** The lines are JSON already and are not parsed again. */
function formatPage({ lines, next, cursor }: HistoryPage): string {
  const rest = next === undefined ? { cursor } : { next, cursor };
  return `{"messages":[${lines.join(",")}],${JSON.stringify(rest).slice(1)}`;
}
