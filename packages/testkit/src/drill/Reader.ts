import { contentOf } from "./Ledger.ts";

/** One message as a reader got it. */
export interface Received {
  readonly channel: string;
  readonly mid: string;
  readonly ocid: string;
  /** See `contentOf`. */
  readonly content: string;
  /** Whether it carries the flag of a conflict. */
  readonly isConflict: boolean;
}

/** The fields of a message that a drill looks at. */
export interface ReceivedFields {
  readonly channel: string;
  readonly mid: string;
  readonly ts: number;
  readonly ocid: string;
  readonly msg: string;
  readonly conflict?: boolean;
}

export function toReceived({ channel, mid, ocid, msg, conflict }: ReceivedFields): Received {
  return { channel, mid, ocid, content: contentOf(msg), isConflict: conflict === true };
}

/** A control line, and when it came (ms of `performance.now()`). */
export interface ReceivedControl {
  readonly type: string;
  readonly reason?: string;
  readonly atMs: number;
}

/** Who listens from the start of every channel of a drill to its end. */
export interface Reader {
  readonly name: string;
  /** In the order in which they came. */
  readonly received: readonly Received[];
  readonly controls: readonly ReceivedControl[];
  /** Resolves when it listens no more. */
  close(): Promise<void>;
}
