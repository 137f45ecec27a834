import type { ChannelKey, EntriesFrame, GapFrame, OriginId } from "@dred/protocol";

/** A log of which something is being stored. */
interface StoringLog {
  frames: number;
  /** The seq that follows what has come of it. */
  nextSeq: number;
}

/** Which logs of one peer have something that came and is not stored yet. */
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
   * @param headSeq Of the log, as stored.
   * @returns Whether it does.
   */
  begin(frame: EntriesFrame | GapFrame, headSeq: number): boolean {
    const { origin, channel } = frame;
    const { firstSeq, lastSeq } = reachOf(frame);
    const known = this.#logs.get(origin)?.get(channel);
    const nextSeq = Math.max(headSeq + 1, known?.nextSeq ?? 0);
    if (firstSeq > nextSeq || lastSeq < nextSeq) return false;
    const logs = this.#logs.get(origin) ?? new Map<ChannelKey, StoringLog>();
    logs.set(channel, { frames: (known?.frames ?? 0) + 1, nextSeq: lastSeq + 1 });
    this.#logs.set(origin, logs);
    return true;
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

function reachOf(frame: EntriesFrame | GapFrame): { firstSeq: number; lastSeq: number } {
  if (frame.type === "gap") return { firstSeq: frame.after.seq + 1, lastSeq: frame.through.seq };
  const firstSeq = frame.entries[0]?.seq ?? 1;
  return { firstSeq, lastSeq: frame.entries.at(-1)?.seq ?? 0 };
}
