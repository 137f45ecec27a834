/** How often the entries that others wrote may enter a server, for what is allowed in a run. */
export interface TrafficLimit {
  readonly perEntry: number;
  /** Beyond that, in the whole run. */
  readonly entries: number;
}

/** All links are up all the time: each entry enters once (R9). */
export const ONCE: TrafficLimit = { perEntry: 1, entries: 0 };

/**
 * Some link comes and goes, so some sources change. What is under way from the old one comes from
 * the new one again: at most what is posted in the 3 s after which a source that gives nothing is
 * left, two steps a second with 1.5 posts on the average.
 */
export const NEARLY_ONCE: TrafficLimit = { perEntry: 1.2, entries: 10 };

/**
 * The same where messages die of `maxMessages`: what lies behind a gap that a server cannot judge
 * yet is dropped, and comes again when it has asked another peer.
 */
export const NEARLY_ONCE_WITH_GAPS: TrafficLimit = { perEntry: 2.4, entries: 10 };
