import type { Socket } from "node:net";
import { DredError } from "@dred/protocol";

/** Answers what could not be read as an HTTP request, and closes the connection. */
export function answerBrokenRequest(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === "ECONNRESET" || socket.destroyed || !socket.writable) {
    socket.destroy();
    return;
  }
  socket.end(formatRawAnswer(toDredError(error.code)), () => socket.destroy());
}

/** An error as a whole HTTP/1.1 answer, for sockets that the framework does not have. */
export function formatRawAnswer({ status, detail, code }: DredError): string {
  const body = JSON.stringify({ error: detail, code });
  return [
    `HTTP/1.1 ${status} ${REASONS[status] ?? "Error"}`,
    "Content-Type: application/json; charset=utf-8",
    `Content-Length: ${Buffer.byteLength(body)}`,
    ...(status === 503 ? ["Retry-After: 1"] : []),
    "Connection: close",
    "",
    body,
  ].join("\r\n");
}

const REASONS: Readonly<Record<number, string>> = {
  400: "Bad Request",
  404: "Not Found",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
  503: "Service Unavailable",
};

function toDredError(code: string | undefined): DredError {
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") {
    return new DredError("request-timeout", "the request did not arrive in time; send it again");
  }
  if (code === "HPE_HEADER_OVERFLOW") {
    return new DredError("header-too-large", "the headers are larger than 64 KiB");
  }
  return new DredError("invalid-request", "this is not a valid HTTP/1.1 request");
}
