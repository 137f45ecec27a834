/** A message as a listener gets it: the poster's fields and those that the server adds. */
export interface Message {
  /** Its id, the same on every server: `origin/ts-seq`. */
  readonly mid: string;
  /** When it was posted, in microseconds since 1970; larger than any earlier one here. */
  readonly ts: number;
  readonly channel: string;
  /** The neighborhood. */
  readonly nbh: string;
  readonly type: string;
  readonly msg: string;
  /** The poster's own name for it. */
  readonly ocid: string;
  /** The authenticated poster; absent where nobody is. */
  readonly sender?: string;
  /** True when another message of this channel has the same ocid and came first. */
  readonly conflict?: true;
  readonly [field: string]: unknown;
}
