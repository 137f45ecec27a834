/** One thing in which servers are not equal; at most one is told of each log. */
export interface Difference {
  /** Absent where the registry or a whole server is meant. */
  readonly channel?: string;
  readonly origin?: string;
  /** `ts-seq` of the first entry that is not the same everywhere. */
  readonly position?: string;
  /** What is wrong with it, and on which servers. */
  readonly detail: string;
}

export function toDifferenceLine({ channel, origin, position, detail }: Difference): string {
  const place = [
    channel === undefined ? undefined : `channel ${channel}`,
    origin,
    position === undefined ? undefined : `at ${position}`,
  ].filter((part) => part !== undefined);
  return place.length === 0 ? detail : `${place.join(" ")}: ${detail}`;
}
