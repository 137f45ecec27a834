import type { HostAddress, HostDiscovery } from "../discovery/HostDiscovery.ts";
import { abortReason } from "../time/abortReason.ts";

/** Hosts learnt from a server's last line, beyond those of the discovery. */
const LEARNT_HOSTS_MAX = 32;
/** Latencies within one step count as equal, so that the order does not flutter. */
const LATENCY_STEP_MS = 50;
/** How much a new measurement weighs in the mean. */
const LATENCY_WEIGHT = 0.3;

/** What a client knows of one host. */
export interface HostState {
  readonly url: string;
  /** The server's id, where the discovery knows it. */
  readonly id?: string;
  /** `connecting` until the first answer; `failed` from a failure to the next answer. */
  readonly state: "connecting" | "connected" | "failed";
  /** Mean time of an answer, weighted to the newest. */
  readonly latencyMs?: number;
  /** Why it failed last, as a sentence. */
  readonly lastError?: string;
}

/** The hosts that the discovery names, in the order in which they should be tried. */
export class HostPool {
  #hosts: readonly HostState[] = [];
  readonly #learnt = new Set<string>();
  readonly #waiting = new Set<() => void>();

  /** Follows the discovery until it ends or `signal` is aborted. Never rejects. */
  async follow(discovery: HostDiscovery, signal: AbortSignal): Promise<void> {
    try {
      for await (const addresses of discovery.hosts(signal)) this.#replace(addresses);
    } catch (error) {
      if (!signal.aborted) this.#note(error);
    }
  }

  /** All hosts, best first: those that do not fail, then by latency, then as discovered. */
  ordered(): readonly HostState[] {
    return this.#hosts.toSorted((a, b) => rankOf(a) - rankOf(b));
  }

  /** In the order of the discovery. */
  states(): readonly HostState[] {
    return this.#hosts;
  }

  /** Resolves as soon as at least one host is known. @throws `signal.reason`. */
  async known(signal: AbortSignal): Promise<void> {
    while (this.#hosts.length === 0) await this.#changed(signal);
  }

  succeeded(url: string, latencyMs: number): void {
    this.#update(url, (host) => ({
      ...host,
      state: "connected",
      latencyMs: mean(host.latencyMs, latencyMs),
    }));
  }

  failed(url: string, sentence: string): void {
    this.#update(url, (host) => ({ ...host, state: "failed", lastError: sentence }));
  }

  /** Adds hosts that a server named as it went; at most 32 are kept. */
  learn(urls: readonly string[]): void {
    for (const url of urls) {
      if (this.#learnt.size < LEARNT_HOSTS_MAX) this.#learnt.add(url);
    }
    this.#replace(this.#hosts);
  }

  #replace(addresses: readonly HostAddress[]): void {
    const wanted = new Map(addresses.map((address) => [address.url, address]));
    for (const url of this.#learnt) if (!wanted.has(url)) wanted.set(url, { url });
    const before = new Map(this.#hosts.map((host) => [host.url, host]));
    this.#hosts = [...wanted.values()].map(
      ({ id, url }) =>
        before.get(url) ?? { ...(id === undefined ? {} : { id }), url, state: "connecting" },
    );
    for (const wake of this.#waiting) wake();
  }

  #update(url: string, change: (host: HostState) => HostState): void {
    this.#hosts = this.#hosts.map((host) => (host.url === url ? change(host) : host));
  }

  #note(error: unknown): void {
    for (const { url } of this.#hosts) this.failed(url, `the discovery failed: ${String(error)}`);
  }

  #changed(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      const settle = (): void => {
        this.#waiting.delete(wake);
        signal.removeEventListener("abort", stop);
      };
      const wake = (): void => {
        settle();
        resolve();
      };
      const stop = (): void => {
        settle();
        reject(abortReason(signal));
      };
      if (signal.aborted) return stop();
      this.#waiting.add(wake);
      signal.addEventListener("abort", stop, { once: true });
    });
  }
}

function rankOf(host: HostState): number {
  const step = Math.floor((host.latencyMs ?? 0) / LATENCY_STEP_MS);
  return host.state === "failed" ? 1_000_000 + step : step;
}

function mean(before: number | undefined, latencyMs: number): number {
  return before === undefined ? latencyMs : before + (latencyMs - before) * LATENCY_WEIGHT;
}
