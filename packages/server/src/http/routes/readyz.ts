import { DredError } from "@dred/protocol";
import type { Readiness } from "../../replica/Replica.ts";
import type { HttpContext } from "../HttpContext.ts";
import type { Route } from "../Route.ts";

/** `GET /readyz`: the store answers, and what the peers had at joining is here. */
export function readyz(context: HttpContext): Route {
  return {
    method: "GET",
    path: "/readyz",
    handle() {
      const readiness = context.replica().readiness();
      const reasons = reasonsOf(readiness);
      if (reasons.length > 0) throw new DredError("not-ready", `not ready: ${reasons.join("; ")}`);
      return { status: readiness.isDegraded ? "degraded" : "ready" };
    },
  };
}

function reasonsOf({ isReady, isStoreReachable, entriesMissing }: Readiness): string[] {
  const reasons = isStoreReachable ? [] : ["the store does not answer"];
  if (isReady) return reasons;
  // Infinite as long as no peer has told what it holds.
  const missing = entriesMissing === undefined ? "what peers hold" : `${entriesMissing} entries`;
  return [...reasons, `catching up with the neighborhood: ${missing} still missing`];
}
