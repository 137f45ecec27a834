import type { HttpContext } from "../HttpContext.ts";
import type { Route } from "../Route.ts";

/** `GET /hosts` */
export function listHosts(context: HttpContext): Route {
  return {
    method: "GET",
    path: "/hosts",
    handle: () => ({ hosts: context.replica().hosts() }),
  };
}
