import { DredError, isProblemCode } from "@dred/protocol";
import type { ProblemCode } from "@dred/protocol";

const codeByStatus: Readonly<Record<number, ProblemCode>> = {
  401: "unauthorized",
  403: "unauthorized",
  404: "unknown-route",
  405: "wrong-method",
  408: "request-timeout",
  409: "ocid-conflict",
  413: "body-too-large",
  415: "wrong-content-type",
  429: "too-many-listeners",
  431: "header-too-large",
  502: "host-unreachable",
  503: "overloaded",
  504: "host-unreachable",
  507: "store-full",
};

/**
 * What an answer that is no success says, with its stable code. A body that is not Dred's own (a
 * proxy's page, a code of a later version) is named by its status.
 */
export function toDredError(status: number, text: string): DredError {
  const body = parseObject(text);
  const detail = typeof body["error"] === "string" ? body["error"] : `the host answered ${status}`;
  if (isProblemCode(body["code"])) return new DredError(body["code"], detail);
  return new DredError(
    codeByStatus[status] ?? (status < 500 ? "invalid-shape" : "internal"),
    detail,
  );
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
