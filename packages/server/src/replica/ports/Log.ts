/** Structured log lines: a constant message, data in fields; never bodies or secrets. */
export interface Log {
  /** The flow of messages, shown with LOGGING=1. */
  flow(message: string, fields: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Degraded, but healing by itself. */
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Somebody must act. */
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}
