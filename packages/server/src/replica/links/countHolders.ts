import type { ChannelKey, Position } from "@dred/protocol";
import type { Clock } from "../ports/Clock.ts";
import type { PullingLink } from "./PullingLink.ts";

export interface HoldersQuestion {
  readonly channel: ChannelKey;
  readonly position: Position;
  readonly acks: number;
  readonly timeoutMs: number;
}

/**
 * Counts who holds a position that we hold: asks peers, until as many as wanted do, all said no, or
 * time is up. Also the server that wrote it is asked: its store may have lost it since.
 */
export function countHolders(
  clock: Clock,
  links: readonly PullingLink[],
  question: HoldersQuestion,
): Promise<number> {
  const { acks, timeoutMs, channel, position } = question;
  return new Promise((resolve) => {
    let reached = 1;
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
