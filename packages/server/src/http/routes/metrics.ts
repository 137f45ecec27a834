import type { HttpContext } from "../HttpContext.ts";
import type { Route } from "../Route.ts";

/** `GET /metrics`: for Prometheus, in its text format; also while the server is not ready */
export function metrics(context: HttpContext): Route {
  return {
    method: "GET",
    path: "/metrics",
    async handle(_request, reply) {
      const { contentType, text } = await context.metrics();
      await reply.header("content-type", contentType).send(text);
      return undefined;
    },
  };
}
