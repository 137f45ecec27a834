import { systemClock } from "../time/ClientClock.ts";
import type { ClientClock } from "../time/ClientClock.ts";
import { LinkedAbort } from "../time/LinkedAbort.ts";
import { wait } from "../time/wait.ts";
import { parseHostUrl } from "./hostUrl.ts";
import type { HostAddress, HostDiscovery } from "./HostDiscovery.ts";

const ASK_INTERVAL_MS = 5_000;
const ANSWER_MS_MAX = 5_000;

export interface NeighborhoodDiscoveryOptions {
  readonly clock?: ClientClock;
  readonly fetch?: typeof fetch;
}

/**
 * The hosts that the neighborhood's own registry names: asks any one member, then every 5 s any
 * of those it named. The member asked first stays among the hosts, at the URL at which it was
 * reached, so that nothing is lost where the registry's URLs cannot be reached from here.
 */
export class NeighborhoodDiscovery implements HostDiscovery {
  readonly #start: HostAddress;
  readonly #clock: ClientClock;
  readonly #fetch: typeof fetch;

  /** @throws DredError `invalid-name` for a URL that is none. */
  constructor(url: string, options: NeighborhoodDiscoveryOptions = {}) {
    this.#start = { url: parseHostUrl(url) };
    this.#clock = options.clock ?? systemClock;
    this.#fetch = options.fetch ?? fetch;
  }

  async *hosts(signal: AbortSignal): AsyncIterable<readonly HostAddress[]> {
    let present: readonly HostAddress[] = [this.#start];
    yield present;
    while (!signal.aborted) {
      const registered = await this.#askAny(present, signal);
      const next = withStart(this.#start, registered ?? present);
      if (toText(next) !== toText(present)) yield next;
      present = next;
      await wait(ASK_INTERVAL_MS, this.#clock, signal);
    }
  }

  /** The first answer in order; undefined when nobody gave one, so that the list stays. */
  async #askAny(
    hosts: readonly HostAddress[],
    signal: AbortSignal,
  ): Promise<readonly HostAddress[] | undefined> {
    for (const host of hosts) {
      const answer = await this.#ask(host.url, signal);
      if (answer !== undefined) return answer;
    }
    return undefined;
  }

  async #ask(url: string, signal: AbortSignal): Promise<readonly HostAddress[] | undefined> {
    const abort = new LinkedAbort([signal]);
    const cancel = this.#clock.after(ANSWER_MS_MAX, () => abort.abort(new Error("too slow")));
    try {
      const response = await this.#fetch(`${url}/hosts`, { signal: abort.signal });
      const body = (await response.json()) as { readonly hosts?: readonly HostAddress[] };
      return response.ok
        ? body.hosts?.map(({ id, url: found }) => toAddress(found, id))
        : undefined;
    } catch {
      signal.throwIfAborted();
      return undefined;
    } finally {
      cancel();
      abort.release();
    }
  }
}

function toAddress(url: unknown, id: string | undefined): HostAddress {
  return id === undefined ? { url: parseHostUrl(url) } : { id, url: parseHostUrl(url) };
}

function withStart(start: HostAddress, hosts: readonly HostAddress[]): readonly HostAddress[] {
  return hosts.some((host) => host.url === start.url) ? hosts : [start, ...hosts];
}

function toText(hosts: readonly HostAddress[]): string {
  return hosts.map((host) => `${host.id ?? ""} ${host.url}`).join("\n");
}
