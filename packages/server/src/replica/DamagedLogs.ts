import type { ChainedHead } from "@dred/core";
import type { ChannelKey, DredError, OriginId } from "@dred/protocol";
import type { DamagedLog } from "./examineLogs.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";

/** A damaged log of which nothing stands in the way any more. */
const APPENDABLE = { isReadable: true, isWritable: true, isUncut: false } as const;

/** Which logs of one channel are damaged, from when that is seen until they are whole again. */
export class DamagedLogs {
  readonly #context: ReplicaContext;
  readonly #key: ChannelKey;
  #logs = new Map<OriginId, DamagedLog>();

  constructor(context: ReplicaContext, key: ChannelKey) {
    this.#context = context;
    this.#key = key;
  }

  get all(): ReadonlyMap<OriginId, DamagedLog> {
    return this.#logs;
  }

  get(origin: OriginId): DamagedLog | undefined {
    return this.#logs.get(origin);
  }

  has(origin: OriginId): boolean {
    return this.#logs.has(origin);
  }

  /** Those to which nothing can be appended. */
  unwritable(): OriginId[] {
    return [...this.#logs].filter(([, { isWritable }]) => !isWritable).map(([origin]) => origin);
  }

  /**
   * Takes what the store was found to have lost. What it was seen to have lost before stays known,
   * also when it no longer shows, until `settle` finds the log whole.
   */
  adopt(found: ReadonlyMap<OriginId, DamagedLog>): void {
    const before = this.#logs;
    this.#logs = new Map([...before].map(([origin, log]) => [origin, { ...log, ...APPENDABLE }]));
    for (const [origin, damage] of found) {
      const known = before.get(origin);
      this.#logs.set(origin, { ...damage, sinceMs: known?.sinceMs ?? damage.sinceMs });
      if (known?.detail === damage.detail) continue;
      const { detail } = damage;
      this.#context.log.error("a log is damaged", { channel: this.#key, origin, detail });
    }
  }

  /** The end of what the store still lacks, for a log that it has forgotten without a trace. */
  forgotten(origin: OriginId, through: ChainedHead): DamagedLog {
    const detail = `the log ${origin} of ${this.#key} ends before what the store had confirmed`;
    return { ...APPENDABLE, detail, sinceMs: this.#context.clock.now(), through };
  }

  /** What lay behind the hole is gone: the log can be appended to. */
  noteCut(origin: OriginId): void {
    const damage = this.#logs.get(origin);
    if (damage !== undefined) this.#logs.set(origin, { ...damage, ...APPENDABLE });
  }

  /** The store could not cut it: nothing is appended before the channel is read again. */
  noteUncuttable(origin: OriginId, error: DredError): void {
    const damage = this.#logs.get(origin);
    if (damage !== undefined) this.#logs.set(origin, { ...damage, isWritable: false });
    this.#context.log.warn("a damaged log waits", { channel: this.#key, origin, error });
  }

  /** Forgets the damage of a log whose head is where it was before. */
  settle(origin: OriginId, head: ChainedHead): void {
    const damage = this.#logs.get(origin);
    if (damage === undefined || head.ts < damage.through.ts) return;
    this.#logs.delete(origin);
    this.#context.log.info("a damaged log is whole again", { channel: this.#key, origin });
  }
}
