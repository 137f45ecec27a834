import { DredError } from "@dred/protocol";
import type { FastifyRequest } from "fastify";
import type { HttpContext } from "./HttpContext.ts";

/** Whether the request shows the admin token; everybody does where the server has none. */
export function isAdmin(request: FastifyRequest, context: HttpContext): boolean {
  const { adminToken, hash } = context;
  if (adminToken === undefined) return true;
  return hash.isEqual(request.headers.authorization ?? "", `Bearer ${adminToken}`);
}

/** @throws DredError `unauthorized`. */
export function requireAdmin(request: FastifyRequest, context: HttpContext): void {
  if (isAdmin(request, context)) return;
  const detail = "this needs the admin token, as Authorization: Bearer <token>";
  throw new DredError("unauthorized", detail);
}
