import type { ChannelKey, Position } from "@dred/protocol";
import type { FrameLine } from "./FrameLine.ts";

/** What we asked a peer to tell us once it holds it, and who waits for the answer. */
export class HeldRequests {
  readonly #line: FrameLine;
  readonly #waiting = new Map<number, (isHeld: boolean) => void>();
  #lastRef = 0;

  constructor(line: FrameLine) {
    this.#line = line;
  }

  /** Whether the peer holds a position within `waitMs`; false when the link closes first. */
  ask(channel: ChannelKey, position: Position, waitMs: number): Promise<boolean> {
    return new Promise((resolve) => {
      const ref = ++this.#lastRef;
      this.#waiting.set(ref, resolve);
      const { origin, ts, seq } = position;
      this.#line.send({ type: "held-request", ref, channel, origin, head: { ts, seq }, waitMs });
    });
  }

  answered(ref: number, isHeld: boolean): void {
    this.#waiting.get(ref)?.(isHeld);
    this.#waiting.delete(ref);
  }

  /** The link is closed: nobody waits any longer. */
  end(): void {
    for (const answer of this.#waiting.values()) answer(false);
    this.#waiting.clear();
  }
}
