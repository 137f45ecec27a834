import type { Log } from "@dred/server";

/** Says nothing. */
export const silentLog: Log = {
  flow: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
