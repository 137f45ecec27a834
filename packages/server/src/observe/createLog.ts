import { DredError } from "@dred/protocol";
import { destination, pino } from "pino";
import type { Log } from "../replica/ports/Log.ts";

export interface LogOptions {
  readonly serverId: string;
  /** Whether the flow of messages is shown. */
  readonly isFlowLogged: boolean;
}

type Fields = Readonly<Record<string, unknown>>;

/** JSON lines on standard error, each with the server's id. */
export function createLog({ serverId, isFlowLogged }: LogOptions): Log {
  const logger = pino(
    { base: { server: serverId }, formatters: { level: (label) => ({ level: label }) } },
    destination({ fd: 2, sync: true }),
  );
  return {
    flow: isFlowLogged
      ? (message, fields) => logger.info(toPlain(fields), message)
      : () => undefined,
    info: (message, fields = {}) => logger.info(toPlain(fields), message),
    warn: (message, fields = {}) => logger.warn(toPlain(fields), message),
    error: (message, fields = {}) => logger.error(toPlain(fields), message),
  };
}

/** Errors as what they say; the stack only of those that are bugs. */
function toPlain(fields: Fields): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      value instanceof Error ? describe(value) : value,
    ]),
  );
}

function describe(error: Error): Fields {
  if (error instanceof DredError) return { code: error.code, message: error.detail };
  const { code } = error as { readonly code?: unknown };
  return { ...(code === undefined ? {} : { code }), message: error.message, stack: error.stack };
}
