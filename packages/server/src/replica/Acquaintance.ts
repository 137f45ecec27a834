import type { Epoch, ServerId } from "@dred/protocol";

/**
 * What a process has heard of others and must not forget when its store does: it outlives
 * the replicas that one process opens one after the other.
 */
export interface Acquaintance {
  /** The largest epoch heard of every server, ourselves among them. */
  readonly epochs: Map<ServerId, Epoch>;
  /** Where other servers were last reached. */
  readonly hosts: Map<ServerId, string>;
}

export function createAcquaintance(): Acquaintance {
  return { epochs: new Map(), hosts: new Map() };
}
