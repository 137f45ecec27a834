import { parseServerId } from "@dred/protocol";
import { requireAdmin } from "../checkAdmin.ts";
import type { HttpContext } from "../HttpContext.ts";
import { idOf } from "../Route.ts";
import type { Route } from "../Route.ts";

/** `DELETE /hosts/:id` */
export function removeHost(context: HttpContext): Route {
  return {
    method: "DELETE",
    path: "/hosts/:id",
    async handle(request) {
      const id = parseServerId(idOf(request));
      requireAdmin(request, context);
      await context.replica().removeHost(id);
      return { id, status: "removed" };
    },
  };
}
