import { TcpProxy } from "../TcpProxy.ts";

/** The network between the servers: a proxy for each that dials and each that is dialled. */
export class Links implements AsyncDisposable {
  /** `first>second`: where `first` dials `second`, and takes its entries from. */
  readonly #proxies = new Map<string, TcpProxy>();

  /** @param urls Of all servers, by name. */
  static async open(urls: ReadonlyMap<string, string>): Promise<Links> {
    const links = new Links();
    for (const from of urls.keys()) {
      for (const [to, url] of urls) {
        if (from !== to) links.#proxies.set(`${from}>${to}`, await TcpProxy.open(url));
      }
    }
    return links;
  }

  /** Where a server dials each of its peers. */
  hostsOf(name: string): Record<string, string> {
    const own = [...this.#proxies].filter(([key]) => key.startsWith(`${name}>`));
    return Object.fromEntries(own.map(([key, { url }]) => [key.slice(name.length + 1), url]));
  }

  /** Ends all connections between two servers and refuses new ones. */
  cut(one: string, other: string): void {
    for (const proxy of this.#both(one, other)) proxy.cut();
  }

  /** Nothing that `from` says reaches `to`; connections stay, the other way works. */
  cutOneWay(from: string, to: string): void {
    this.#proxy(from, to).toTarget.hold();
    this.#proxy(to, from).toClient.hold();
  }

  /** Nothing gets through between two servers, and no connection ends. */
  freeze(one: string, other: string): void {
    for (const proxy of this.#both(one, other)) proxy.freeze();
  }

  /** Slows what `from` says to `to`, on either connection. */
  throttle(from: string, to: string, bytesPerSecond: number): void {
    this.#proxy(from, to).toTarget.throttle(bytesPerSecond);
    this.#proxy(to, from).toClient.throttle(bytesPerSecond);
  }

  /** Heals the link between two servers. */
  restore(one: string, other: string): void {
    for (const proxy of this.#both(one, other)) proxy.restore();
  }

  restoreAll(): void {
    for (const proxy of this.#proxies.values()) proxy.restore();
  }

  /** Bytes that entered a server from its peers on the links on which it pulls. */
  bytesInto(name: string): number {
    const own = [...this.#proxies].filter(([key]) => key.startsWith(`${name}>`));
    return own.reduce((sum, [, { toClient }]) => sum + toClient.bytes, 0);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy[Symbol.asyncDispose]()));
  }

  #both(one: string, other: string): TcpProxy[] {
    return [this.#proxy(one, other), this.#proxy(other, one)];
  }

  #proxy(from: string, to: string): TcpProxy {
    const proxy = this.#proxies.get(`${from}>${to}`);
    if (proxy === undefined) throw new Error(`there is no link from ${from} to ${to}`);
    return proxy;
  }
}
