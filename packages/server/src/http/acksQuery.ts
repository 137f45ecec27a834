import { DredError } from "@dred/protocol";

const TIMEOUT_MS = 5_000;
const TIMEOUT_MS_MAX = 60_000;
/** More servers than any neighborhood has. */
const ACKS_MAX = 256;

export interface AcksQuery {
  /** How many servers shall hold the message before the answer. */
  readonly acks: number;
  readonly timeoutMs: number;
}

const DEFAULTS: AcksQuery = { acks: 1, timeoutMs: TIMEOUT_MS };

/** `?acks=N&timeout=ms` of a post. @throws DredError `invalid-shape`. */
export function parseAcksQuery(query: unknown): AcksQuery {
  const { acks, timeout } = query as Readonly<Record<string, unknown>>;
  if (acks === undefined && timeout === undefined) return DEFAULTS;
  return {
    acks: acks === undefined ? DEFAULTS.acks : wholeNumber("acks", acks, [1, ACKS_MAX]),
    timeoutMs:
      timeout === undefined
        ? DEFAULTS.timeoutMs
        : wholeNumber("timeout", timeout, [0, TIMEOUT_MS_MAX]),
  };
}

/** A query's whole number within a range. @throws DredError `invalid-shape` naming the field. */
export function wholeNumber(
  field: string,
  value: unknown,
  [min, max]: readonly [number, number],
): number {
  const number = typeof value === "string" && /^\d{1,9}$/.test(value) ? Number(value) : -1;
  if (number >= min && number <= max) return number;
  throw new DredError("invalid-shape", `${field} must be a whole number from ${min} to ${max}`);
}
