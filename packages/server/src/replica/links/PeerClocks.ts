import type { ServerId } from "@dred/protocol";
import type { Clock } from "../ports/Clock.ts";

/** So that a fast clock stamps nothing of its own while its only peer starts again. */
const KEPT_MS = 60_000;

/** What is known of the peers' clocks, also for a while after a link was lost. */
export class PeerClocks {
  readonly #clock: Clock;
  readonly #seen = new Map<ServerId, { readonly clockBaseMs: number; readonly atMs: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * The peers' clocks minus ours, in ms.
   *
   * @param linked Those that are linked now; `clockBaseMs` is their clock minus our steady time.
   */
  offsetsMs(linked: ReadonlyMap<ServerId, { readonly clockBaseMs: number }>): number[] {
    const atMs = this.#clock.steady();
    for (const [id, { clockBaseMs }] of linked) this.#seen.set(id, { clockBaseMs, atMs });
    for (const [id, seen] of this.#seen) if (atMs - seen.atMs > KEPT_MS) this.#seen.delete(id);
    const ourBaseMs = this.#clock.now() - atMs;
    return [...this.#seen.values()].map((seen) => seen.clockBaseMs - ourBaseMs);
  }
}
