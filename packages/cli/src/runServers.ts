import { once } from "node:events";
import type { DredServer } from "@dred/server";
import { DredError } from "@dred/protocol";
import type { Terminal } from "./Terminal.ts";

/**
 * Runs servers until the terminal's signal is aborted, then closes them in order. When one cannot
 * start, or must stop by itself, all are closed.
 *
 * @param started Called when all of them listen.
 * @throws DredError why they could not start or go on.
 */
export async function runServers(
  servers: readonly DredServer[],
  terminal: Terminal,
  started: () => Promise<void>,
): Promise<void> {
  try {
    await listen(servers);
    if (!terminal.signal.aborted) await started();
    const failure = await untilEnd(servers, terminal.signal);
    if (failure !== undefined) throw new DredError("store-refused", failure);
  } finally {
    await Promise.all(servers.map((server) => server.close()));
  }
}

/** One that is still starting could not be closed: so all have started, or failed, when this ends. */
async function listen(servers: readonly DredServer[]): Promise<void> {
  const starts = await Promise.allSettled(servers.map((server) => server.listen()));
  const failed = starts.find((start) => start.status === "rejected");
  if (failed !== undefined) throw failed.reason;
}

/** Resolves with why a server must stop, or with nothing when it was asked to. */
async function untilEnd(
  servers: readonly DredServer[],
  signal: AbortSignal,
): Promise<string | undefined> {
  if (signal.aborted) return undefined;
  const asked = once(signal, "abort").then(() => undefined);
  return await Promise.race([asked, ...servers.map((server) => server.failed)]);
}
