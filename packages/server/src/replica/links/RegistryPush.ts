import type { RegistryRecord } from "@dred/protocol";
import type { ReplicaContext } from "../ReplicaContext.ts";

/** A peer that does not say within this time that it stored records is not waited for. */
const TELL_WAIT_MS = 500;
/** Characters of frames on their way to one peer, or waiting for its store. */
const OPEN_CHARS_MAX = 1_048_576;
/** Of records that were not acknowledged for so long we know nothing; new ones are tried. */
const OPEN_MS_MAX = 30_000;

interface Open {
  readonly chars: number;
  readonly sentMs: number;
  /** Whoever waits for the peer goes on. */
  readonly settle: () => void;
}

/**
 * Changes of the registry, pushed to one peer as they are stored here. A peer that does not
 * acknowledge them gets no more than a limit (R10): what it is not told of it finds by the
 * digests of the buckets, which are compared each second anyway.
 */
export class RegistryPush {
  readonly #context: ReplicaContext;
  readonly #send: (ref: number, records: readonly RegistryRecord[]) => number;
  /** What was pushed and not acknowledged, by `ref`, oldest first. */
  readonly #open = new Map<number, Open>();
  #openChars = 0;
  #lastRef = 0;

  /** @param send Sends records, and gives how many characters that took. */
  constructor(
    context: ReplicaContext,
    send: (ref: number, records: readonly RegistryRecord[]) => number,
  ) {
    this.#context = context;
    this.#send = send;
  }

  /**
   * Resolves when the peer has stored the records, after 500 ms, or at once when they are not
   * pushed.
   */
  tell(records: readonly RegistryRecord[]): Promise<void> {
    this.#forgetOld();
    if (this.#openChars >= OPEN_CHARS_MAX) return Promise.resolve();
    return new Promise((resolve) => {
      const ref = ++this.#lastRef;
      const cancel = this.#context.clock.after(TELL_WAIT_MS, resolve);
      const settle = (): void => {
        cancel();
        resolve();
      };
      const chars = this.#send(ref, records);
      this.#open.set(ref, { chars, sentMs: this.#context.clock.steady(), settle });
      this.#openChars += chars;
    });
  }

  /** The peer has stored these. */
  acknowledge(ref: number): void {
    const open = this.#open.get(ref);
    if (open === undefined) return;
    this.#open.delete(ref);
    this.#openChars -= open.chars;
    open.settle();
  }

  /** Nobody waits for the peer any more. */
  close(): void {
    for (const ref of this.#open.keys()) this.acknowledge(ref);
  }

  #forgetOld(): void {
    const now = this.#context.clock.steady();
    for (const [ref, { sentMs }] of this.#open) {
      if (now - sentMs < OPEN_MS_MAX) return;
      this.acknowledge(ref);
    }
  }
}
