import { hostField, wasAwayTooLong } from "@dred/core";
import type { ReturningServer } from "@dred/core";
import { serverOf } from "@dred/protocol";
import type { ServerId } from "@dred/protocol";
import type { ReplicaContext } from "../ReplicaContext.ts";
import type { Registry } from "./Registry.ts";

/** How often the host record says anew that we are in step. */
const NOTE_INTERVAL_MS = 3_600_000;
/** Changes so recent may not have come although the digests are equal: clocks differ. */
const MARGIN_MS = 300_000;

/** The `reason` of the `bye` by which a server is told that it was away for too long. */
export const AWAY_REASON = "away-too-long";

/** Who was in step with the registry when: so that nobody brings back what was forgotten. */
export class Attendance {
  readonly #context: ReplicaContext;
  readonly #registry: Registry;
  readonly #isInStep: () => boolean;

  /** @param isInStep Whether some linked peer's registry is equal to ours now. */
  constructor(context: ReplicaContext, registry: Registry, isInStep: () => boolean) {
    this.#context = context;
    this.#registry = registry;
    this.#isInStep = isInStep;
  }

  /** Through when our store says that we knew all; 0 for never. */
  get syncedTs(): number {
    return this.#registry.host(this.#context.identity.serverId)?.syncedTs ?? 0;
  }

  /** Notes that we are in step, if we are and did not say so lately. */
  async note(): Promise<void> {
    const syncedTs = Math.floor(this.#context.stampNowMs() - MARGIN_MS) * 1000;
    if (!this.#isInStep() || syncedTs - this.syncedTs < NOTE_INTERVAL_MS * 1000) return;
    const id = serverOf(this.#context.origin);
    await this.#registry.update(() => {
      const host = this.#registry.host(id);
      if (host === undefined) return [];
      const updated = this.#registry.stamp(host.updated.ts);
      return [[hostField(id), { ...host, syncedTs, updated }]];
    });
  }

  /** What a server is told that may hold what was forgotten here to be deleted. */
  refusalOf(id: ServerId, server: ReturningServer): string | undefined {
    const hosts = this.#registry.hosts();
    const host = hosts.get(id);
    hosts.delete(id);
    if (!wasAwayTooLong(server, host, hosts.values())) return undefined;
    return (
      `server ${id} was away for longer than deletions are remembered (30 days), or its store is ` +
      "a copy that is as old: it may bring back channels that were deleted. Stop it, empty its " +
      "store and start it again: it takes everything back from its peers. What was posted on it " +
      "and never reached a peer is lost with it; dred verify compares before"
    );
  }
}
