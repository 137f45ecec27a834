import type { ChainedHead } from "@dred/core";
import type { ChannelKey, EntriesFrame, GapFrame, Head, OriginId } from "@dred/protocol";

/** A log of which something is being stored. */
interface StoringLog {
  frames: number;
  /** The last entry that has come of it. */
  last: ChainedHead;
}

/** The logs of which something has come, from any peer, and is not stored yet. */
export class StoringLogs {
  readonly #logs = new Map<OriginId, Map<ChannelKey, StoringLog>>();

  /** Anything of the origin, or of this log of it. */
  isStoring(origin: OriginId, channel?: ChannelKey): boolean {
    const logs = this.#logs.get(origin);
    return channel === undefined ? logs !== undefined : logs?.has(channel) === true;
  }

  /**
   * Takes note of a frame, if it brings more of its log: what lies behind a hole does not, and
   * neither does what is known. `end` is then to be called for it, once.
   *
   * @param stored The log's head.
   * @returns Whether it does.
   */
  begin(frame: EntriesFrame | GapFrame, stored: Head): boolean {
    const { origin, channel } = frame;
    const { firstSeq, last } = reachOf(frame);
    const known = this.#logs.get(origin)?.get(channel);
    const nextSeq = Math.max(stored.seq, known?.last.seq ?? 0) + 1;
    if (last === undefined || firstSeq > nextSeq || last.seq < nextSeq) return false;
    const logs = this.#logs.get(origin) ?? new Map<ChannelKey, StoringLog>();
    logs.set(channel, { frames: (known?.frames ?? 0) + 1, last });
    this.#logs.set(origin, logs);
    return true;
  }

  /** Through where a log has come: its head, once all of that is stored. */
  through(channel: ChannelKey, origin: OriginId, stored: ChainedHead): ChainedHead {
    const last = this.#logs.get(origin)?.get(channel)?.last;
    return last !== undefined && last.seq > stored.seq ? last : stored;
  }

  /** The frame was stored, or dropped. */
  end({ origin, channel }: EntriesFrame | GapFrame): void {
    const logs = this.#logs.get(origin);
    const log = logs?.get(channel);
    if (logs === undefined || log === undefined) return;
    log.frames--;
    if (log.frames === 0) logs.delete(channel);
    if (logs.size === 0) this.#logs.delete(origin);
  }
}

interface Reach {
  readonly firstSeq: number;
  /** Undefined when the frame holds nothing. */
  readonly last: ChainedHead | undefined;
}

function reachOf(frame: EntriesFrame | GapFrame): Reach {
  if (frame.type === "gap") {
    return { firstSeq: frame.after.seq + 1, last: { ...frame.through, chain: frame.chain } };
  }
  const last = frame.entries.at(-1);
  const firstSeq = frame.entries[0]?.seq ?? 0;
  return { firstSeq, last: last && { ts: last.ts, seq: last.seq, chain: last.chain } };
}
