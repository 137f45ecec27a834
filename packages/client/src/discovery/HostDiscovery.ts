/** Where a server of the neighborhood can be reached. */
export interface HostAddress {
  /** Its server id, where it is known. */
  readonly id?: string;
  /** Its base URL, `http:` or `https:`. */
  readonly url: string;
}

/** The port through which a client, or a server, learns which hosts there are. */
export interface HostDiscovery {
  /**
   * Yields the present hosts, the preferred ones first, and again whenever they change. Ends
   * when nothing can change any more. Each call is independent of others.
   *
   * @param signal Ends the iteration: it returns, or throws `signal.reason`; nothing stays open.
   */
  hosts(signal: AbortSignal): AsyncIterable<readonly HostAddress[]>;
}
