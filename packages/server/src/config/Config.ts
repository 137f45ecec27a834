import type { Neighborhood, ServerId } from "@dred/protocol";

/** One member that is known before anything was learnt from the neighborhood. */
export interface ConfiguredHost {
  readonly id: ServerId;
  /** Its base URL; this server is dialled here even when the registry names another. */
  readonly url: string;
}

/**
 * All that a server is told from outside: the input of `createServer`. Made by `parseConfig`,
 * which checks it; whoever makes one by hand (a test, `dred dev`) answers for its values.
 */
export interface Config {
  readonly serverId: ServerId;
  /** The address to listen on. */
  readonly address: string;
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  readonly neighborhood: Neighborhood;
  /** `redis://host:port/DATABASE`, with a database of at least 1, or `memory:`. */
  readonly store: string;
  /** The static list of members; an entry for oneself is allowed and ignored. */
  readonly hosts: readonly ConfiguredHost[];
  /** The base URL of any one member, asked for all others. */
  readonly join?: string;
  /** The base URL at which peers and clients reach this server. */
  readonly publicUrl: string;
  /** The neighborhood's secret; without one only peers on loopback addresses are accepted. */
  readonly secret?: string;
  /** Who shows it may delete channels without an owner; without one everybody may. */
  readonly adminToken?: string;
  /** Begins a new epoch at this start, though the store's life looks unbroken: it was restored. */
  readonly isEpochForced?: boolean;
  /** Whether the log shows who got a post, where it was replicated and who was told. */
  readonly isFlowLogged: boolean;
  /** Whether every Redis command is printed with its database number. */
  readonly isRedisMonitored: boolean;
}
