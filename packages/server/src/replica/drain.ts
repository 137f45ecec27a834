import type { ChannelTable } from "./ChannelTable.ts";
import { delay } from "./delay.ts";
import type { PeerLinks } from "./links/PeerLinks.ts";
import type { Posting } from "./Posting.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";

const LOOK_MS = 25;

/**
 * Waits, at most `drainMs`, until every post that was taken is answered and some peer that is linked,
 * or is expected back, holds all that was posted here: what is acknowledged must not be only in a
 * store that goes (R4).
 */
export async function drain(
  { clock, origin, signal }: ReplicaContext,
  parts: {
    readonly table: ChannelTable;
    readonly links: PeerLinks;
    readonly posting: Posting;
  },
  drainMs: number,
): Promise<void> {
  const { table, links, posting } = parts;
  const until = clock.steady() + drainMs;
  const isSafe = (): boolean => {
    if (posting.open > 0) return false;
    if (table.summaryOf(origin).count === 0) return true;
    return links.isHeldElsewhere() || !links.isPeerExpected();
  };
  while (!isSafe() && !signal.aborted && clock.steady() < until) {
    links.pingAll();
    await delay(clock, LOOK_MS, signal).catch(() => undefined);
  }
}
