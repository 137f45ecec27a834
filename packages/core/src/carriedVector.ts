import { epochOf, headOf, newestEpochs, serverOf } from "@dred/protocol";
import type { Head, OriginId, VersionVector } from "@dred/protocol";
import { deadRanges, isDead } from "./death.ts";
import type { LifeRules } from "./death.ts";
import { NEIGHBORHOOD_SKEW_MS_MAX } from "./hybridClock.ts";

/*
 * Every time a store may have forgotten something its server begins an epoch, and every epoch is
 * an origin of its own. A cursor that named all of them would grow for as long as a channel lives.
 * So it leaves out those that are over. Whoever reads it must then tell "left out" from "never
 * seen", or would show the reader dead epochs as gaps again and again: an epoch is left out only
 * while a later one of its server is named. And it must not find alive what the writer of the
 * cursor found dead: age is judged with a margin for both clocks, and what lies beyond
 * `maxMessages` by the positions in the cursor alone, which its reader has as well.
 */

/** The times that two servers go by are at most this far apart: each from the median by half. */
const TIMES_APART_MS_MAX = 2 * NEIGHBORHOOD_SKEW_MS_MAX;

export interface CarriedView {
  readonly rules: LifeRules;
  /** What is held here. */
  readonly heads: VersionVector;
  readonly nowMs: number;
}

/**
 * What a cursor names of where its reader stands: all but closed epochs of which everything that
 * is held is covered and dead, on every server, if a later epoch of the same server is named.
 */
export function carriedVector(vector: VersionVector, view: CarriedView): VersionVector {
  const newest = newestEpochs(vector);
  const { messageLifetimeMs, maxMessages } = view.rules;
  const rules = { messageLifetimeMs, maxMessages };
  const ranges = deadRanges(rules, vector, view.nowMs - TIMES_APART_MS_MAX);
  const isOver = ([origin, head]: readonly [OriginId, Head]): boolean => {
    if (newest.get(serverOf(origin)) === epochOf(origin)) return false;
    const range = ranges.get(origin);
    const isAllCovered = headOf(view.heads, origin).ts <= head.ts;
    return isAllCovered && range !== undefined && isDead(range, head);
  };
  return new Map([...vector].filter((place) => !isOver(place)));
}
