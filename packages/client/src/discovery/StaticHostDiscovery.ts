import { parseHostUrl } from "./hostUrl.ts";
import type { HostAddress, HostDiscovery } from "./HostDiscovery.ts";

/** A list that never changes. */
export class StaticHostDiscovery implements HostDiscovery {
  readonly #addresses: readonly HostAddress[];

  /** @throws DredError `invalid-name` for a URL that is none. */
  constructor(hosts: readonly (string | HostAddress)[]) {
    this.#addresses = hosts.map((host) =>
      typeof host === "string"
        ? { url: parseHostUrl(host) }
        : { ...host, url: parseHostUrl(host.url) },
    );
  }

  async *hosts(): AsyncIterable<readonly HostAddress[]> {
    const addresses = this.#addresses;
    yield addresses;
  }
}
