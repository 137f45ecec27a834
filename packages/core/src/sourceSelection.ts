import type { ServerId } from "@dred/protocol";

/*
 * From whom the entries of one origin are pulled: exactly one peer at a time (R9). Pulling
 * from all would multiply the bytes by the number of peers; pulling from the origin's own
 * server only would lose what it cannot hand over itself. Hence: the origin's own server
 * while it can be reached, otherwise whoever is furthest ahead, and a change only when
 * nothing comes although somebody has it. A slow source is not a dead one: while its bytes
 * arrive it stays, so that overload makes no further load.
 */

/** Nothing of an origin came for so long, though a peer is ahead: try another source. */
export const SOURCE_PATIENCE_MS = 2_000;
/** The origin's own server is taken back after being well for so long. */
const DIRECT_PROBATION_MS = 1_000;

export interface SourceState {
  readonly source: ServerId | undefined;
  /** Since when nothing came although some peer is ahead; undefined while all is well. */
  readonly waitingSince: number | undefined;
  /** Since when the origin's own server is connected and not behind. */
  readonly directWellSince: number | undefined;
}

export const NO_SOURCE: SourceState = {
  source: undefined,
  waitingSince: undefined,
  directWellSince: undefined,
};

export interface SourceCandidate {
  readonly peer: ServerId;
  /** How many entries of the origin it says it has. */
  readonly count: number;
}

export interface SourceView {
  /** The origin's own server, when this is its current epoch; a closed epoch has none. */
  readonly direct: ServerId | undefined;
  /** The peers that are connected and gave a sign of life in the last seconds. */
  readonly candidates: readonly SourceCandidate[];
  /** How many entries of the origin we hold. */
  readonly held: number;
  /** Whether entries of the origin came since the last look. */
  readonly isArriving: boolean;
  readonly nowMs: number;
  /** SOURCE_PATIENCE_MS with jitter, so that not all change at once. */
  readonly patienceMs: number;
}

export function selectSource(state: SourceState, view: SourceView): SourceState {
  const current = view.candidates.find(({ peer }) => peer === state.source);
  const direct = view.candidates.find(({ peer }) => peer === view.direct);
  const waitingSince = waitSince(state, view);
  const directWellSince = wellSince(state, view, direct);
  const keep = { source: state.source, waitingSince, directWellSince };
  if (current === undefined) return change(keep, direct ?? furthestAhead(view));
  const other = isStuck(view, waitingSince) ? furthestAhead(view, state.source) : undefined;
  if (other !== undefined) return change(keep, other);
  const isBetter = direct !== undefined && direct !== current;
  if (isBetter && isThrough(view, directWellSince)) return change(keep, direct);
  return keep;
}

function waitSince(state: SourceState, view: SourceView): number | undefined {
  const isBehind = view.candidates.some(({ count }) => count > view.held);
  if (!isBehind || view.isArriving) return undefined;
  return state.waitingSince ?? view.nowMs;
}

function wellSince(
  state: SourceState,
  view: SourceView,
  direct: SourceCandidate | undefined,
): number | undefined {
  if (direct === undefined || direct.count < view.held) return undefined;
  return state.directWellSince ?? view.nowMs;
}

function isStuck(view: SourceView, waitingSince: number | undefined): boolean {
  return waitingSince !== undefined && view.nowMs - waitingSince >= view.patienceMs;
}

function isThrough(view: SourceView, wellSinceMs: number | undefined): boolean {
  return wellSinceMs !== undefined && view.nowMs - wellSinceMs >= DIRECT_PROBATION_MS;
}

/** A change starts all waits anew; without a candidate there is no source. */
function change(state: SourceState, to: SourceCandidate | undefined): SourceState {
  if (to === undefined && state.source !== undefined) return NO_SOURCE;
  if (to === undefined) return state;
  return { source: to.peer, waitingSince: undefined, directWellSince: undefined };
}

function furthestAhead(view: SourceView, except?: ServerId): SourceCandidate | undefined {
  let best: SourceCandidate | undefined;
  for (const candidate of view.candidates) {
    if (candidate.peer === except || candidate.count <= (except ? view.held : 0)) continue;
    if (best === undefined || isAhead(candidate, best)) best = candidate;
  }
  return best;
}

function isAhead(a: SourceCandidate, b: SourceCandidate): boolean {
  return a.count === b.count ? a.peer < b.peer : a.count > b.count;
}
