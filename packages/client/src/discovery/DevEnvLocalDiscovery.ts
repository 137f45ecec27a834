import { systemClock } from "../time/ClientClock.ts";
import type { ClientClock } from "../time/ClientClock.ts";
import { wait } from "../time/wait.ts";
import type { HostAddress, HostDiscovery } from "./HostDiscovery.ts";
import { probeHost } from "./probeHost.ts";

/** Names of the servers of the development environment, in the order of their ports. */
const NAMES = [
  "first",
  "second",
  "third",
  "fourth",
  "fifth",
  "sixth",
  "seventh",
  "eighth",
  "ninth",
  "tenth",
] as const;

const PROBE_INTERVAL_MS = 1_000;

/** The first port of the development environment. */
export const DEVELOPMENT_PORT = 3029;
/** The first port of the tests. */
export const TEST_PORT = 53032;
/** How many servers the development environment can have. */
export const DEV_ENV_SERVERS_MAX = NAMES.length;

export interface DevEnvLocalOptions {
  /** The first server's port; the others follow. Default 3029. */
  readonly basePort?: number;
  /** 1 to 10, default 10. */
  readonly servers?: number;
  /**
   * Default true. False yields all fixed addresses once, without asking whether anybody is
   * there: for a server, whose links try for ever by themselves.
   */
  readonly isProbing?: boolean;
  readonly clock?: ClientClock;
  readonly fetch?: typeof fetch;
}

/** The fixed address of server `index` (0 is `first`) of a development environment. */
export function devEnvHost(index: number, basePort = DEVELOPMENT_PORT): Required<HostAddress> {
  const id = NAMES[index];
  if (id === undefined) {
    throw new RangeError(`the development environment has servers 0 to ${NAMES.length - 1}`);
  }
  return { id, url: `http://127.0.0.1:${basePort + index}` };
}

/**
 * The servers on the fixed local ports of this machine's development environment: `first`,
 * `second`, `third` … They come and go; each second those that answer are found again.
 */
export class DevEnvLocalDiscovery implements HostDiscovery {
  readonly #candidates: readonly HostAddress[];
  readonly #isProbing: boolean;
  readonly #clock: ClientClock;
  readonly #fetch: typeof fetch;

  constructor(options: DevEnvLocalOptions = {}) {
    const { basePort, servers = NAMES.length } = options;
    this.#candidates = Array.from({ length: servers }, (_, index) => devEnvHost(index, basePort));
    this.#isProbing = options.isProbing ?? true;
    this.#clock = options.clock ?? systemClock;
    this.#fetch = options.fetch ?? fetch;
  }

  async *hosts(signal: AbortSignal): AsyncIterable<readonly HostAddress[]> {
    if (!this.#isProbing) {
      yield this.#candidates;
      return;
    }
    let before: string | undefined;
    while (!signal.aborted) {
      const present = await this.#present(signal);
      const urls = present.map((host) => host.url).join(" ");
      if (urls !== before) yield present;
      before = urls;
      await wait(PROBE_INTERVAL_MS, this.#clock, signal);
    }
  }

  async #present(signal: AbortSignal): Promise<HostAddress[]> {
    const context = { clock: this.#clock, fetch: this.#fetch, signal };
    const answers = await Promise.all(
      this.#candidates.map((host) => probeHost(`${host.url}/healthz`, context)),
    );
    return this.#candidates.filter((_, index) => answers[index]);
  }
}
