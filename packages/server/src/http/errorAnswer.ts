import { DredError } from "@dred/protocol";
import type { Log } from "../replica/ports/Log.ts";

/** The body of every answer that reports an error. */
export interface ErrorBody {
  readonly error: string;
  readonly code: string;
}

/** What is answered for anything that was thrown; what is no DredError is a bug, and logged. */
export function toAnswerable(error: unknown, log: Log): DredError {
  if (error instanceof DredError) return error;
  const framework = ofFramework(error);
  if (framework !== undefined) return framework;
  log.error("a request met a bug", { error });
  return new DredError("internal", "the server made a mistake; it was logged", { cause: error });
}

export function errorBody(error: unknown, log: Log): ErrorBody {
  const { detail, code } = toAnswerable(error, log);
  return { error: detail, code };
}

/** Faults that the HTTP library finds before a call begins. */
function ofFramework(error: unknown): DredError | undefined {
  const { code } = error as { readonly code?: unknown };
  switch (code) {
    case "FST_ERR_CTP_BODY_TOO_LARGE":
      return new DredError("body-too-large", "the body is larger than 1 MiB (1,048,576 bytes)");
    case "FST_ERR_CTP_INVALID_MEDIA_TYPE":
    case "FST_ERR_CTP_INVALID_TYPE":
      return new DredError("wrong-content-type", "send JSON, with Content-Type: application/json");
    case "FST_ERR_CTP_INVALID_CONTENT_LENGTH":
      return new DredError("invalid-request", "the body is not as long as Content-Length says");
    case "FST_ERR_BAD_URL":
      return new DredError("invalid-request", "the path is not valid percent-encoded UTF-8");
    case "ECONNRESET":
    case "ECONNABORTED":
      return new DredError("invalid-request", "the request was cut off");
    default:
      return undefined;
  }
}
