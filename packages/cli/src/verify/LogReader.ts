import type { HeldLog } from "@dred/client";
import type { ChainedHead } from "@dred/core";
import { formatHead, parseHead } from "@dred/protocol";
import type { Entry, Head } from "@dred/protocol";
import type { VerifiedServer } from "./VerifiedServer.ts";

export interface LogReaderParts {
  readonly server: VerifiedServer;
  readonly channel: string;
  readonly log: HeldLog;
  /** The cut: nothing behind it is read. */
  readonly through: Head;
}

/** Reads one server's copy of a log up to a cut, holding one page at a time. */
export class LogReader {
  readonly serverId: string;
  readonly head: ChainedHead;
  /** Through where this server says to hold the log, as far as it is compared. */
  readonly through: Head;
  readonly #parts: LogReaderParts;
  #base: ChainedHead;
  #page: readonly Entry[] = [];
  #next = 0;
  #after: Head;

  constructor(parts: LogReaderParts) {
    const { server, log, through } = parts;
    this.#parts = parts;
    this.serverId = server.id;
    this.head = { ...parseHead(log.head), chain: log.chain };
    this.through = this.head.ts < through.ts ? this.head : through;
    this.#base = { ...parseHead(log.base), chain: log.baseChain };
    this.#after = this.#base;
  }

  /** Through where the server trimmed the log; it may rise while it is read. */
  get base(): ChainedHead {
    return this.#base;
  }

  /** The entry that follows what was skipped; undefined when there is none through the cut. */
  get entry(): Entry | undefined {
    return this.#page[this.#next];
  }

  /** Goes on behind `at`, and reads pages until an entry is found or the cut is reached. */
  async skipThrough(at: Head): Promise<void> {
    for (;;) {
      while (this.entry !== undefined && this.entry.ts <= at.ts) this.#next++;
      if (this.#after.ts < at.ts) this.#after = at;
      if (this.entry !== undefined || this.#after.ts >= this.through.ts) return;
      await this.#read();
      if (this.entry === undefined) return;
    }
  }

  async #read(): Promise<void> {
    const { server, channel, log } = this.#parts;
    const { base, baseChain, entries } = await server.page(channel, {
      origin: log.origin,
      after: formatHead(this.#after),
      through: formatHead(this.through),
    });
    this.#base = { ...parseHead(base), chain: baseChain };
    this.#page = entries.map(({ at, chain, line }) => ({ ...parseHead(at), chain, line }));
    this.#next = 0;
    this.#after = this.#page.at(-1) ?? this.through;
  }
}
