import type { FastifyReply, FastifyRequest } from "fastify";

/** One HTTP call. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** `:id` stands for one segment. */
  readonly path: string;
  /** Whether ND-JSON is accepted beside JSON; the body is then a `JsonLines`. */
  readonly acceptsLines?: boolean;
  /**
   * Gives the answer's value, or its JSON text when it was put together here; undefined when the
   * reply was taken over. A DredError becomes an error answer.
   */
  handle(request: FastifyRequest, reply: FastifyReply): unknown;
}

/** The `:id` of the path, decoded. */
export function idOf(request: FastifyRequest): string {
  return (request.params as { readonly id: string }).id;
}
