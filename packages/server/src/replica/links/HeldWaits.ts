import type { ChannelKey, Frame, Head, OriginId } from "@dred/protocol";
import type { ChannelTable } from "../ChannelTable.ts";
import type { ReplicaContext } from "../ReplicaContext.ts";

type HeldRequest = Extract<Frame, { type: "held-request" }>;
type HeldAnswer = Extract<Frame, { type: "held" }>;

/** A position that never comes is not waited for longer than this. */
const WAIT_MS_MAX = 30_000;
/** Questions of one peer that wait for an answer; one more is answered "no" at once. */
const WAITS_MAX = 10_000;

interface HeldWait {
  readonly ref: number;
  readonly channel: ChannelKey;
  readonly origin: OriginId;
  readonly head: Head;
  readonly cancel: () => void;
}

/** A peer's questions whether we hold a position, answered as soon as we do (`acks`, R4). */
export class HeldWaits {
  readonly #context: ReplicaContext;
  readonly #table: ChannelTable;
  readonly #answer: (answer: HeldAnswer) => void;
  readonly #waits = new Set<HeldWait>();

  constructor(context: ReplicaContext, table: ChannelTable, answer: (answer: HeldAnswer) => void) {
    this.#context = context;
    this.#table = table;
    this.#answer = answer;
  }

  add({ ref, channel, origin, head, waitMs }: HeldRequest): void {
    if (this.#waits.size >= WAITS_MAX) return this.#answer({ type: "held", ref, isHeld: false });
    const cancel = this.#context.clock.after(Math.min(waitMs, WAIT_MS_MAX), () => {
      this.#waits.delete(wait);
      this.#answer({ type: "held", ref, isHeld: this.#isHeld(wait) });
    });
    const wait: HeldWait = { ref, channel, origin, head, cancel };
    this.#waits.add(wait);
    this.look();
  }

  /** Heads moved: answers what can be answered now. */
  look(): void {
    for (const wait of this.#waits) {
      if (!this.#isHeld(wait)) continue;
      wait.cancel();
      this.#waits.delete(wait);
      this.#answer({ type: "held", ref: wait.ref, isHeld: true });
    }
  }

  close(): void {
    for (const wait of this.#waits) wait.cancel();
    this.#waits.clear();
  }

  #isHeld({ channel, origin, head }: HeldWait): boolean {
    const held = this.#table.find(channel)?.content.heads.get(origin);
    return held !== undefined && held.ts >= head.ts;
  }
}
