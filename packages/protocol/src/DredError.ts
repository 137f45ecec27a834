interface Problem {
  /** The HTTP status that reports it. */
  readonly status: number;
  /** `never`: the same request fails again. `backoff`: try again later, the same ocid is safe. */
  readonly retry: "never" | "backoff";
  readonly title: string;
}

/** Every failure Dred reports: its HTTP status, and whether trying again can help. */
export const problems = {
  "invalid-request": { status: 400, retry: "never", title: "This is not a valid request" },
  "invalid-json": { status: 400, retry: "never", title: "The body is not JSON" },
  "invalid-name": { status: 400, retry: "never", title: "A name has a form that is not allowed" },
  "invalid-channel-name": { status: 400, retry: "never", title: "The channel's name is not valid" },
  "channel-exists": { status: 400, retry: "never", title: "The channel already exists" },
  "missing-owner": { status: 400, retry: "never", title: "An encrypted channel needs an owner" },
  "missing-signature": { status: 400, retry: "never", title: "A signature is needed" },
  "bad-signature": { status: 400, retry: "never", title: "The signature does not verify" },
  "invalid-channel": { status: 400, retry: "never", title: "There is no such channel to join" },
  "join-not-needed": { status: 400, retry: "never", title: "The channel is open to all" },
  "cannot-invite": { status: 400, retry: "never", title: "This member cannot invite others" },
  "invalid-cursor": { status: 422, retry: "never", title: "The cursor cannot be read" },
  unauthorized: { status: 403, retry: "never", title: "Not allowed" },
  "channel-full": { status: 403, retry: "never", title: "The channel has its limit of members" },
  "reserved-name": { status: 403, retry: "never", title: "The name is reserved to the servers" },
  "server-id-taken": { status: 403, retry: "never", title: "Another server has this id" },
  "peer-refused": { status: 403, retry: "backoff", title: "The peer was refused" },
  "away-too-long": { status: 403, retry: "never", title: "The server was away for too long" },
  "unknown-route": { status: 404, retry: "never", title: "There is no such path" },
  "channel-not-found": { status: 404, retry: "never", title: "There is no such channel" },
  "unknown-host": { status: 404, retry: "never", title: "There is no such host" },
  "wrong-method": { status: 405, retry: "never", title: "The path has other methods" },
  "request-timeout": { status: 408, retry: "backoff", title: "The request came too slowly" },
  "ocid-conflict": { status: 409, retry: "never", title: "The ocid names another message" },
  "no-gap": { status: 409, retry: "never", title: "No gap holds this log up" },
  "body-too-large": { status: 413, retry: "never", title: "The body is too large" },
  "wrong-content-type": { status: 415, retry: "never", title: "The content type is not JSON" },
  "invalid-shape": { status: 422, retry: "never", title: "The body has another shape" },
  "channel-expired": { status: 422, retry: "never", title: "The channel has expired" },
  "too-many-listeners": { status: 429, retry: "backoff", title: "Too many listeners" },
  "header-too-large": { status: 431, retry: "never", title: "The headers are too large" },
  internal: { status: 500, retry: "backoff", title: "The server made a mistake" },
  "store-unavailable": { status: 503, retry: "backoff", title: "The store cannot be reached" },
  "store-fenced": { status: 503, retry: "backoff", title: "The store began another epoch" },
  "store-refused": { status: 503, retry: "backoff", title: "The store cannot be used" },
  "store-damaged": { status: 503, retry: "backoff", title: "A log in the store is damaged" },
  "outcome-unknown": { status: 503, retry: "backoff", title: "The post may have been stored" },
  overloaded: { status: 503, retry: "backoff", title: "The server has too much to do" },
  "not-ready": { status: 503, retry: "backoff", title: "The server is not ready yet" },
  "cannot-listen": { status: 503, retry: "never", title: "The address cannot be listened on" },
  "host-unreachable": { status: 503, retry: "backoff", title: "No host can be reached" },
  "store-full": { status: 507, retry: "backoff", title: "The store has no room" },
} as const satisfies Record<string, Problem>;

/** Stable, kebab-case names of all failures; `code` of an error body. */
export type ProblemCode = keyof typeof problems;

/**
 * Everything that can go wrong in operation. Branch on `code`; `detail` is a sentence a
 * person can act on and is what HTTP answers as `error`.
 */
export class DredError extends Error {
  override readonly name = "DredError";
  readonly code: ProblemCode;
  readonly detail: string;

  constructor(code: ProblemCode, detail: string, options?: { readonly cause?: unknown }) {
    super(`[${code}] ${detail}`, options);
    this.code = code;
    this.detail = detail;
  }

  get status(): number {
    return problems[this.code].status;
  }

  get isRetryable(): boolean {
    return problems[this.code].retry !== "never";
  }
}

/** Whether `text` is one of the stable codes, such as one read from an error body. */
export function isProblemCode(text: unknown): text is ProblemCode {
  return typeof text === "string" && Object.hasOwn(problems, text);
}

/** A bug of ours, never an operating error: caught only at the process boundary. */
export class InvariantError extends Error {
  override readonly name = "InvariantError";
}

/** @throws InvariantError when `condition` does not hold; stays on in production. */
export function assert(condition: unknown, sentence: string): asserts condition {
  if (!condition) throw new InvariantError(sentence);
}
