import { NO_SOURCE, selectSource, SOURCE_PATIENCE_MS } from "@dred/core";
import type { SourceCandidate, SourceState, SourceView } from "@dred/core";
import { epochOf, serverOf, toOriginId } from "@dred/protocol";
import type { OriginId, ServerId } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";
import type { PullingLink } from "./PullingLink.ts";

/** A peer that gave no sign of life for so long is no candidate, though its link is open. */
const FRESH_MS = 2_500;
/** A peer that answers says each second what it holds: what it said so long ago may be less. */
const WORD_MS = 1_500;
/** Peers say what they hold each second; what differs for longer than two rounds does differ. */
const STILL_MS = 2_000;

interface Chosen {
  state: SourceState;
  /** SOURCE_PATIENCE_MS with this origin's jitter. */
  readonly patienceMs: number;
  /** Since when the lag has not been 0. */
  behindSinceMs: number | undefined;
  /** What we held at the last look, and since when that has not changed. */
  digest: string;
  stillSinceMs: number;
}

/** From whom each origin's entries are pulled: exactly one connected peer each (R9). */
export class SourceTable {
  readonly #context: ReplicaContext;
  readonly #table: ChannelTable;
  readonly #chosen = new Map<OriginId, Chosen>();

  constructor(context: ReplicaContext, table: ChannelTable) {
    this.#context = context;
    this.#table = table;
  }

  sourceOf(origin: OriginId): ServerId | undefined {
    return this.#chosen.get(origin)?.state.source;
  }

  /** How long the lag has not been 0, in ms. */
  lagMs(origin: OriginId): number {
    const since = this.#chosen.get(origin)?.behindSinceMs;
    return since === undefined ? 0 : this.#context.clock.steady() - since;
  }

  /**
   * How many entries we lack, as far as counts tell; at least 1 while the source shows other
   * heads (R12). While we hold more than it last told of, and go on, that is no difference
   * yet: its word is up to a second old.
   */
  lagEntries(origin: OriginId, links: ReadonlyMap<ServerId, PullingLink>): number {
    const ours = this.#table.summaryOf(origin);
    const chosen = this.#chosen.get(origin);
    const isStill = this.#isStill(chosen, ours.digest);
    let lag = 0;
    for (const [peer, link] of links) {
      const theirs = link.have?.get(origin);
      if (theirs === undefined || theirs.digest === ours.digest) continue;
      const isCertain = theirs.count >= ours.count || isStill;
      const least = peer === chosen?.state.source && isCertain ? 1 : 0;
      lag = Math.max(lag, theirs.count - ours.count, least);
    }
    return lag;
  }

  origins(): IterableIterator<OriginId> {
    return this.#chosen.keys();
  }

  /** Looks at every origin that anybody has, and follows and stops accordingly. */
  select(links: ReadonlyMap<ServerId, PullingLink>): void {
    const now = this.#context.clock.steady();
    const ready = [...links.values()].filter((link) => link.have !== undefined);
    const fresh = ready.filter((link) => now - link.lastHeardMs < FRESH_MS);
    const known = this.#known(ready);
    for (const origin of this.#chosen.keys()) {
      if (!known.has(origin)) this.#chosen.delete(origin); // such as a closed epoch without entries
    }
    for (const origin of known) this.#selectFor(origin, fresh, links);
  }

  #known(links: readonly PullingLink[]): Set<OriginId> {
    const origins = new Set<OriginId>(this.#table.summaries().keys());
    for (const link of links) {
      origins.add(toOriginId(link.hello.serverId, link.hello.epoch));
      for (const origin of link.have?.keys() ?? []) origins.add(origin);
    }
    origins.delete(this.#context.origin);
    return origins;
  }

  #selectFor(
    origin: OriginId,
    fresh: readonly PullingLink[],
    links: ReadonlyMap<ServerId, PullingLink>,
  ): void {
    const chosen = this.#chosen.get(origin) ?? this.#begin(origin);
    const before = chosen.state.source;
    const link = linkTo(links, before);
    const view = this.#viewOf(origin, fresh);
    const isArriving = link?.takeArrived(origin) ?? false;
    const isBusy = link?.isBusy ?? false;
    const isWordOld = link !== undefined && view.nowMs - link.haveMs > WORD_MS;
    const { patienceMs } = chosen;
    const source = { isArriving, isBusy, isWordOld };
    chosen.state = selectSource(chosen.state, { ...view, ...source, patienceMs });
    const after = chosen.state.source;
    if (after !== before) link?.stop(origin);
    linkTo(links, after)?.follow(origin);
    this.#look(origin, chosen, links);
  }

  #look(origin: OriginId, chosen: Chosen, links: ReadonlyMap<ServerId, PullingLink>): void {
    const now = this.#context.clock.steady();
    const { digest } = this.#table.summaryOf(origin);
    if (digest !== chosen.digest) chosen.stillSinceMs = now;
    chosen.digest = digest;
    const isBehind = this.lagEntries(origin, links) > 0;
    chosen.behindSinceMs = isBehind ? (chosen.behindSinceMs ?? now) : undefined;
  }

  #isStill(chosen: Chosen | undefined, digest: string): boolean {
    if (chosen?.digest !== digest) return false;
    return this.#context.clock.steady() - chosen.stillSinceMs > STILL_MS;
  }

  #viewOf(
    origin: OriginId,
    fresh: readonly PullingLink[],
  ): Omit<SourceView, "isArriving" | "isBusy" | "isWordOld" | "patienceMs"> {
    const held = this.#table.summaryOf(origin).count;
    return {
      direct: directOf(origin, fresh),
      candidates: fresh.map((peer): SourceCandidate => {
        const { count = 0, isBehind = held > 0 } = peer.have?.get(origin) ?? {};
        return { peer: peer.hello.serverId, count, isBehind };
      }),
      held,
      nowMs: this.#context.clock.steady(),
    };
  }

  #begin(origin: OriginId): Chosen {
    const patienceMs = SOURCE_PATIENCE_MS * (1 + this.#context.random() / 4);
    const chosen: Chosen = {
      state: NO_SOURCE,
      patienceMs,
      behindSinceMs: undefined,
      digest: "",
      stillSinceMs: 0,
    };
    this.#chosen.set(origin, chosen);
    return chosen;
  }
}

function linkTo(
  links: ReadonlyMap<ServerId, PullingLink>,
  peer: ServerId | undefined,
): PullingLink | undefined {
  return peer === undefined ? undefined : links.get(peer);
}

/** The origin's own server, if this is the epoch in which it writes now. */
function directOf(origin: OriginId, links: readonly PullingLink[]): ServerId | undefined {
  const own = links.find(({ hello }) => hello.serverId === serverOf(origin));
  return own?.hello.epoch === epochOf(origin) ? own.hello.serverId : undefined;
}
