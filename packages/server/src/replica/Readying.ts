import { every } from "./every.ts";
import type { PeerLinks } from "./links/PeerLinks.ts";
import type { Readiness } from "./Replica.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";

const LOOK_INTERVAL_MS = 25;
/** What is missing is counted log by log, and asked for by everyone who is turned away. */
const COUNT_INTERVAL_MS = 250;
/** A server that reaches none of those it knows for so long serves alone. */
const ALONE_MS = 5_000;

/**
 * Whether this server may serve: once it has what its peers had when it joined them, so that
 * a reader who comes here from another server misses nothing and a repeated post is known.
 */
export class Readying {
  readonly #context: ReplicaContext;
  readonly #links: PeerLinks;
  readonly #startedMs: number;
  #isReady = false;
  #counted = { atMs: Number.NEGATIVE_INFINITY, entriesMissing: Number.POSITIVE_INFINITY };
  #isStoreReachable = true;
  /** Whether discovery has said at least once which hosts there are. */
  #isDiscovered = false;

  constructor(context: ReplicaContext, links: PeerLinks) {
    this.#context = context;
    this.#links = links;
    this.#startedMs = context.clock.steady();
    const stop = every(context, LOOK_INTERVAL_MS, () => {
      this.#isReady = this.#isDiscovered && this.#mayServe();
      if (this.#isReady) stop(); // once ready, it stays so
    });
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  discovered(): void {
    this.#isDiscovered = true;
  }

  storeAnswers(isReachable: boolean): void {
    this.#isStoreReachable = isReachable;
  }

  state(): Readiness {
    const isAlone = this.#links.pulling.size === 0 && this.#links.dialling.size > 0;
    const entriesMissing = this.#isReady ? 0 : this.#entriesMissing();
    return {
      isReady: this.#isReady,
      isDegraded: this.#isReady && isAlone,
      isStoreReachable: this.#isStoreReachable,
      ...(Number.isFinite(entriesMissing) ? { entriesMissing } : {}),
    };
  }

  #mayServe(): boolean {
    if (this.#links.dialling.size === 0) return true;
    const isPatient = this.#context.clock.steady() - this.#startedMs < ALONE_MS;
    const links = [...this.#links.pulling.values()];
    if (!links.some(({ have }) => have !== undefined)) return !isPatient;
    // One that links first may be as empty as we are: the others are asked, too.
    const isAsked = this.#links.dialling.hasTriedAll() && links.every(({ have }) => have);
    const hasCaughtUp = links.every((link) => link.have === undefined || link.hasCaughtUp);
    return (isAsked || !isPatient) && hasCaughtUp;
  }

  #entriesMissing(): number {
    const atMs = this.#context.clock.steady();
    if (Math.abs(atMs - this.#counted.atMs) < COUNT_INTERVAL_MS)
      return this.#counted.entriesMissing;
    const missing = [...this.#links.pulling.values()]
      .filter(({ have }) => have !== undefined)
      .map((link) => link.entriesMissing());
    this.#counted = { atMs, entriesMissing: Math.max(0, ...missing) };
    return this.#counted.entriesMissing;
  }
}
