import { probeHost } from "../discovery/probeHost.ts";
import type { ProbeContext } from "../discovery/probeHost.ts";
import { wait } from "../time/wait.ts";
import type { HostPool } from "./HostPool.ts";

const WATCH_INTERVAL_MS = 5_000;
/** How many of the best hosts are kept measured, besides those that failed. */
const WATCHED_HOSTS = 3;

/**
 * Asks the best hosts and the failed ones for `GET /readyz` every 5 s, so that the order of the
 * pool follows their health also while nothing is posted. A client of one host asks nothing: it
 * has no choice. Runs until `signal` is aborted; never rejects.
 */
export async function watchHosts(pool: HostPool, context: ProbeContext): Promise<void> {
  try {
    while (!context.signal.aborted) {
      await pool.known(context.signal);
      const hosts = pool.ordered();
      const watched = hosts.filter((host, rank) => rank < WATCHED_HOSTS || host.state === "failed");
      if (hosts.length > 1) await Promise.all(watched.map(({ url }) => watch(url)));
      await wait(WATCH_INTERVAL_MS, context.clock, context.signal);
    }
  } catch {
    // Only the signal's abort comes here: a probe that fails is an answer too.
  }

  async function watch(url: string): Promise<void> {
    const sent = context.clock.now();
    if (await probeHost(`${url}/readyz`, context)) pool.succeeded(url, context.clock.now() - sent);
    else pool.failed(url, "it does not answer or is not ready");
  }
}
