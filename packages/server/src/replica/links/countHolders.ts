import type { ChannelKey, Position } from "@dred/protocol";
import type { Clock } from "../ports/Clock.ts";
import type { PullingLink } from "./PullingLink.ts";

export interface HoldersQuestion {
  readonly channel: ChannelKey;
  readonly position: Position;
  /** How many are known to hold it without being asked. */
  readonly sure: number;
  readonly acks: number;
  readonly timeoutMs: number;
}

/** Asks peers whether they hold a position, until as many as wanted do, all said no, or time is up. */
export function countHolders(
  clock: Clock,
  links: readonly PullingLink[],
  question: HoldersQuestion,
): Promise<number> {
  const { sure, acks, timeoutMs, channel, position } = question;
  return new Promise((resolve) => {
    let reached = sure;
    let open = links.length;
    if (reached >= acks || open === 0) return resolve(reached);
    const cancel = clock.after(timeoutMs, () => resolve(reached));
    for (const link of links) {
      void link.held(channel, position, timeoutMs).then((isHeld) => {
        open--;
        if (isHeld) reached++;
        if (reached < acks && open > 0) return;
        cancel();
        resolve(reached);
      });
    }
  });
}
