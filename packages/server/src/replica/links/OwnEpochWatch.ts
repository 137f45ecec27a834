import type { ChannelKey, LogHead, ServerId } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import type { LogComparison } from "./LogComparison.ts";
import type { PeerSummary } from "./PeerSummary.ts";

export interface OwnEpochWatchParts {
  readonly peer: ServerId;
  readonly table: ChannelTable;
  readonly comparison: LogComparison;
  isWanted(channel: ChannelKey): boolean;
}

/**
 * A peer that shows more of our present epoch than we hold: our store forgot something, and the
 * epoch ends (R2).
 */
export class OwnEpochWatch {
  readonly #context: ReplicaContext;
  readonly #parts: OwnEpochWatchParts;

  constructor(context: ReplicaContext, parts: OwnEpochWatchParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** The peer said how much it has of our origin: has its logs listed when that is more. */
  compare(theirs: PeerSummary | undefined): void {
    const { table, comparison } = this.#parts;
    const { origin } = this.#context;
    if (theirs?.isBehind !== false) return;
    if (theirs.count > table.summaryOf(origin).count) comparison.list(origin);
  }

  /** The peer listed them. */
  check(heads: readonly LogHead[]): void {
    const { peer, comparison } = this.#parts;
    const { origin } = this.#context;
    const ahead = heads.find(
      ([key, head]) => this.#parts.isWanted(key) && head.ts > comparison.headOf(key, origin).ts,
    );
    if (ahead === undefined) return;
    const detail = `peer ${peer} holds more of ${origin} in ${ahead[0]} than we do`;
    this.#context.fail({ reason: "fenced", detail });
  }
}
