import type { ServerId } from "@dred/protocol";

/*
 * From whom the entries of one origin are pulled: exactly one peer at a time (R9). Pulling
 * from all would multiply the bytes by the number of peers; pulling from the origin's own
 * server only would lose what it cannot hand over itself. Hence: the origin's own server
 * while it can be reached, otherwise whoever is furthest ahead, and a change only when
 * nothing comes although somebody has it. A slow source is not a dead one: while its bytes
 * arrive it stays, so that overload makes no further load.
 *
 * A peer that answers and gives nothing looks well from afar. So one that was left for its
 * silence is not taken again for a while, each time for longer, until entries came from it.
 */

/** Nothing of an origin came for so long, though a peer is ahead: try another source. */
export const SOURCE_PATIENCE_MS = 1_500;
/**
 * But it must be known for so long that a peer is ahead: what has just been written comes to all
 * within moments. With a word of every peer each second, another source is taken within 3 s.
 */
export const AHEAD_PATIENCE_MS = 750;
/**
 * The patience while bytes come from the source and it says that it has more, or its word waits
 * behind them: those of the origin do so, too, or are in a frame that is not complete. The largest
 * frame takes 8 s at 1 MB/s, all that a link may have under way half as long.
 */
export const BUSY_PATIENCE_MS = 10_000;
/** The origin's own server is taken back after being well for so long. */
const DIRECT_PROBATION_MS = 1_000;
/** How long a source that was left for its silence is not taken again; doubles up to the most. */
const EXCLUSION_MS_MIN = 5_000;
const EXCLUSION_MS_MAX = 30_000;

/** A source that was left because it gave nothing. */
interface SilentPeer {
  readonly peer: ServerId;
  /** Until then it is not taken again. */
  readonly untilMs: number;
  readonly forMs: number;
}

export interface SourceState {
  readonly source: ServerId | undefined;
  /** Since when nothing came although some peer is ahead; undefined while all is well. */
  readonly waitingSince: number | undefined;
  /** When something last came from the source, or it was taken; undefined without one. */
  readonly silentSince: number | undefined;
  /** Since when the origin's own server is connected and not behind. */
  readonly directWellSince: number | undefined;
  /** Those that gave nothing when they were the source, and have not given anything since. */
  readonly silent: readonly SilentPeer[];
}

export const NO_SOURCE: SourceState = {
  source: undefined,
  waitingSince: undefined,
  silentSince: undefined,
  directWellSince: undefined,
  silent: [],
};

export interface SourceCandidate {
  readonly peer: ServerId;
  /** How many entries of the origin it says it has. */
  readonly count: number;
  /**
   * Whether it had fewer than we when it said so. Since then we may have got more from
   * elsewhere; that does not put it behind.
   */
  readonly isBehind: boolean;
}

export interface SourceView {
  /** The origin's own server, when this is its current epoch; a closed epoch has none. */
  readonly direct: ServerId | undefined;
  /** The peers that are connected and gave a sign of life in the last seconds. */
  readonly candidates: readonly SourceCandidate[];
  /** How many entries of the origin we hold. */
  readonly held: number;
  /** Whether entries of the origin came from the source since the last look. */
  readonly isArriving: boolean;
  /** Whether any bytes of entries come from the source, also those of a part of a frame. */
  readonly isBusy: boolean;
  /** Whether the source has not said for long what it has: its word waits behind its bytes. */
  readonly isWordOld: boolean;
  readonly nowMs: number;
  /** SOURCE_PATIENCE_MS with jitter, so that not all change at once. */
  readonly patienceMs: number;
}

export function selectSource(state: SourceState, view: SourceView): SourceState {
  const current = view.candidates.find(({ peer }) => peer === state.source);
  const silent = stillSilent(state, view);
  const well = view.candidates.filter(({ peer }) => !isExcluded(silent, peer, view));
  const direct = well.find(({ peer }) => peer === view.direct);
  const waitingSince = waitSince(state, view);
  const directWellSince = wellSince(state, view, direct);
  const silentSince = silenceSince(state, view);
  const keep = { source: state.source, waitingSince, silentSince, directWellSince, silent };
  if (current === undefined)
    return change(keep, direct ?? furthestAhead(well) ?? anyOf(view), view);
  if (isStuck(view, keep, current)) {
    const ahead = well.filter(({ peer, count }) => peer !== current.peer && count > view.held);
    const other = furthestAhead(ahead);
    if (other !== undefined) return change({ ...keep, silent: leave(keep, view) }, other, view);
  }
  const isBetter = direct !== undefined && direct !== current;
  if (isBetter && isThrough(view, directWellSince)) return change(keep, direct, view);
  return keep;
}

/** Who delivers is forgiven; who went away is forgotten once its time is over. */
function stillSilent({ source, silent }: SourceState, view: SourceView): readonly SilentPeer[] {
  const isStill = ({ peer, untilMs }: SilentPeer): boolean => {
    if (peer === source && view.isArriving) return false;
    return untilMs > view.nowMs || view.candidates.some((candidate) => candidate.peer === peer);
  };
  return silent.every(isStill) ? silent : silent.filter(isStill);
}

function isExcluded(silent: readonly SilentPeer[], peer: ServerId, { nowMs }: SourceView): boolean {
  return silent.some((one) => one.peer === peer && one.untilMs > nowMs);
}

/** Notes the present source as silent, for twice as long as the last time. */
function leave({ source, silent }: SourceState, { nowMs }: SourceView): readonly SilentPeer[] {
  if (source === undefined) return silent;
  const before = silent.find(({ peer }) => peer === source)?.forMs ?? EXCLUSION_MS_MIN / 2;
  const forMs = Math.min(2 * before, EXCLUSION_MS_MAX);
  const others = silent.filter(({ peer }) => peer !== source);
  return [...others, { peer: source, untilMs: nowMs + forMs, forMs }];
}

function waitSince(state: SourceState, view: SourceView): number | undefined {
  const isBehind = view.candidates.some(({ count }) => count > view.held);
  if (!isBehind || view.isArriving) return undefined;
  return state.waitingSince ?? view.nowMs;
}

function silenceSince({ source, silentSince }: SourceState, view: SourceView): number | undefined {
  if (source === undefined) return undefined;
  return view.isArriving ? view.nowMs : (silentSince ?? view.nowMs);
}

function wellSince(
  state: SourceState,
  view: SourceView,
  direct: SourceCandidate | undefined,
): number | undefined {
  if (direct === undefined || direct.isBehind) return undefined;
  return state.directWellSince ?? view.nowMs;
}

function isStuck(
  view: SourceView,
  { waitingSince, silentSince }: SourceState,
  current: SourceCandidate,
): boolean {
  if (waitingSince === undefined || silentSince === undefined) return false;
  const isSlow = view.isBusy && (view.isWordOld || current.count > view.held);
  if (isSlow) return view.nowMs - waitingSince >= BUSY_PATIENCE_MS;
  const isSilent = view.nowMs - silentSince >= view.patienceMs;
  return isSilent && view.nowMs - waitingSince >= AHEAD_PATIENCE_MS;
}

function isThrough(view: SourceView, wellSinceMs: number | undefined): boolean {
  return wellSinceMs !== undefined && view.nowMs - wellSinceMs >= DIRECT_PROBATION_MS;
}

/** A change starts all waits anew; without a candidate there is no source. */
function change(
  state: SourceState,
  to: SourceCandidate | undefined,
  { nowMs }: SourceView,
): SourceState {
  if (to === undefined)
    return state.source === undefined ? state : { ...NO_SOURCE, silent: state.silent };
  return { ...NO_SOURCE, source: to.peer, silentSince: nowMs, silent: state.silent };
}

/** When all were silent: the origin's own server, or whoever says it has most. */
function anyOf({ candidates, direct }: SourceView): SourceCandidate | undefined {
  return candidates.find(({ peer }) => peer === direct) ?? furthestAhead(candidates);
}

function furthestAhead(candidates: readonly SourceCandidate[]): SourceCandidate | undefined {
  let best: SourceCandidate | undefined;
  for (const candidate of candidates) {
    if (candidate.count === 0) continue;
    if (best === undefined || isAhead(candidate, best)) best = candidate;
  }
  return best;
}

function isAhead(a: SourceCandidate, b: SourceCandidate): boolean {
  return a.count === b.count ? a.peer < b.peer : a.count > b.count;
}
