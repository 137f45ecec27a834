import type { HttpContext } from "../HttpContext.ts";
import type { Route } from "../Route.ts";

/** `GET /channels` */
export function listChannels(context: HttpContext): Route {
  return {
    method: "GET",
    path: "/channels",
    handle: () => ({ channels: context.replica().channels() }),
  };
}
