import { setTimeout as wait } from "node:timers/promises";
import type { Ledger } from "./Ledger.ts";
import { postUntilAnswered } from "./postUntilAnswered.ts";

/** How long the last posts may take once nothing fails any more. */
const LAST_POSTS_MS_MAX = 45_000;

export interface WritersOptions {
  /** The servers that are written to, as names and URLs. */
  readonly servers: readonly { readonly name: string; readonly url: string }[];
  readonly channels: readonly string[];
  readonly ledger: Ledger;
  /** Writers for each server; default 2, the second in the next channel. */
  readonly perServer?: number;
  /** How many servers must hold a message; default 1. */
  readonly acks?: number;
  /** Whether a store that forgets may be the only one that holds a message; default false. */
  readonly mayBeLost?: boolean;
  /** Between two messages of one writer; default 20. */
  readonly pauseMs?: number;
  /** Length of a message's text; default 60. */
  readonly chars?: number;
}

let started = 0;

/**
 * Writers that stay with one server each and post their counter, one message after the other,
 * each repeated until it is answered.
 */
export class Writers {
  readonly #options: WritersOptions;
  readonly #ending = new AbortController();
  readonly #running: Promise<void>[] = [];
  #isStopping = false;

  constructor(options: WritersOptions) {
    this.#options = options;
    const { servers, channels, perServer = 2 } = options;
    for (const { name, url } of servers) {
      for (let index = 0; index < perServer; index++) {
        const channel = channels[index % channels.length] ?? "";
        this.#running.push(this.#write(`${name}-w${++started}`, url, channel));
      }
    }
  }

  /** No further messages; resolves when the last ones are answered. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    const late = setTimeout(() => this.#ending.abort(), LAST_POSTS_MS_MAX);
    await Promise.all(this.#running);
    clearTimeout(late);
  }

  /** Ends at once, whatever is unanswered. */
  abandon(): void {
    this.#isStopping = true;
    this.#ending.abort();
  }

  async #write(writer: string, url: string, channel: string): Promise<void> {
    const { ledger, acks = 1, pauseMs = 20, chars = 60, mayBeLost = false } = this.#options;
    const { signal } = this.#ending;
    for (let counter = 1; !this.#isStopping; counter++) {
      const msg = `${writer} ${counter} `.padEnd(chars, "·");
      const post = { writer, counter, channel, msg, acks, mayBeLost };
      const acked = await postUntilAnswered(url, post, { ledger, signal });
      if (acked === undefined && signal.aborted) {
        ledger.surprises.push(`${writer}-${counter} was not answered in the end`);
      }
      await wait(pauseMs);
    }
  }
}
