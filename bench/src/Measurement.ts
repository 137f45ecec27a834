/** What one round found: figures by their title, which carries the unit, such as `p50 ms`. */
export type Figures = Readonly<Record<string, number>>;

/** One thing that is measured in several rounds on servers of its own. */
export interface Measurement {
  /** What it is called on the command line. */
  readonly name: string;
  /** One sentence for people. */
  readonly title: string;
  readonly servers: 1 | 2;
  readonly rounds: number;
  /**
   * Calls `round` once to warm up and then for every round.
   *
   * @param urls Of the servers.
   * @param channel New for each round, and empty.
   */
  round(urls: readonly string[], channel: string): Promise<Figures>;
}
