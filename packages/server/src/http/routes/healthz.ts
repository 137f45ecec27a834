import type { HttpContext } from "../HttpContext.ts";
import type { Route } from "../Route.ts";

/** `GET /healthz`: the process is alive. */
export function healthz({ serverId, neighborhood, version }: HttpContext): Route {
  const health = { status: "ok", serverId, neighborhood, version };
  return { method: "GET", path: "/healthz", handle: () => health };
}
