import { DredError } from "@dred/protocol";

/**
 * A host's base URL in the one form in which two of them are compared: without a slash at the end.
 *
 * @throws DredError `invalid-name` unless `value` is an `http:` or `https:` URL.
 */
export function parseHostUrl(value: unknown): string {
  const url = typeof value === "string" && URL.canParse(value) ? new URL(value) : undefined;
  if (url?.protocol === "http:" || url?.protocol === "https:") {
    return `${url.origin}${url.pathname}`.replace(/\/+$/, "");
  }
  throw new DredError(
    "invalid-name",
    `${JSON.stringify(value)} is no URL of a host; write it like http://127.0.0.1:3029`,
  );
}
