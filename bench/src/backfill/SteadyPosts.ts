import { messageOf, Poster } from "../Poster.ts";
import { quantile } from "../statistics.ts";

const TICK_MS = 5;

/** The answers to posts in one stretch of time. */
export interface Answers {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  /** Answered otherwise than 200, or not at all. */
  readonly failed: number;
}

/** Posts at an even pace to several servers and channels, for as long as it lives. */
export class SteadyPosts implements AsyncDisposable {
  readonly #posters: readonly Poster[];
  readonly #channels: readonly string[];
  readonly #perSecond: number;
  readonly #startedAt = performance.now();
  readonly #open = new Set<Promise<void>>();
  readonly #running: Promise<void>;
  #times: number[] = [];
  #posted = 0;
  #created = 0;
  #failed = 0;
  #isEnding = false;

  constructor(urls: readonly string[], channels: readonly string[], perSecond: number) {
    this.#posters = urls.map((url) => new Poster(url));
    this.#channels = channels;
    this.#perSecond = perSecond;
    this.#running = this.#run();
  }

  /** How many posts were answered 200 in all; the servers hold that many more. */
  get created(): number {
    return this.#created + this.#times.length;
  }

  /** How the posts were answered since this was last asked. */
  take(): Answers {
    const [times, failed] = [this.#times, this.#failed];
    this.#times = [];
    this.#failed = 0;
    this.#created += times.length;
    const [p50Ms, p99Ms] = [quantile(times, 0.5), quantile(times, 0.99)];
    return { count: times.length, p50Ms, p99Ms, failed };
  }

  /** Posts no more; resolves when all are answered. */
  async end(): Promise<void> {
    this.#isEnding = true;
    await this.#running;
    await Promise.all(this.#open);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.end();
    for (const poster of this.#posters) poster[Symbol.dispose]();
  }

  async #run(): Promise<void> {
    while (!this.#isEnding) {
      const due = ((performance.now() - this.#startedAt) * this.#perSecond) / 1_000;
      while (this.#posted < due) this.#start(this.#posted++);
      await new Promise((resolve) => setTimeout(resolve, TICK_MS));
    }
  }

  #start(number: number): void {
    const post = this.#post(number).catch(() => void this.#failed++);
    this.#open.add(post);
    void post.finally(() => this.#open.delete(post));
  }

  async #post(number: number): Promise<void> {
    const channel = this.#channels[(number * 7) % this.#channels.length];
    const startedAt = performance.now();
    const poster = this.#posters[number % this.#posters.length];
    await poster?.post(`/channel/${channel}/message`, messageOf(`s${number}`));
    this.#times.push(performance.now() - startedAt);
  }
}
