import type { IndexedPosition, PendingPost } from "@dred/core";
import { DredError, limits } from "@dred/protocol";
import type { Position } from "@dred/protocol";

export type PostOutcome = Position & { readonly status: "created" | "duplicate" };

/** Posts that wait for one channel's next store call: at most so many … */
const WAITING_POSTS_MAX = 20_000;
/** … and so many characters of lines. */
const WAITING_CHARS_MAX = 33_554_432;

interface Waiting {
  readonly post: PendingPost;
  readonly outcome: Promise<PostOutcome>;
  readonly resolve: (outcome: PostOutcome) => void;
  readonly reject: (error: DredError) => void;
}

/**
 * Posts of one channel that have not been answered, in the order in which they came, one
 * for each (sender, ocid): a second one waits for the first and is its duplicate.
 */
export class PostQueue {
  readonly #waiting = new Map<string, Waiting>();
  #chars = 0;

  get size(): number {
    return this.#waiting.size;
  }

  /** Of their lines. */
  get chars(): number {
    return this.#chars;
  }

  /** @throws DredError `overloaded` when too much waits already. */
  add(post: PendingPost): Promise<PostOutcome> {
    const first = this.#waiting.get(post.digest);
    if (first !== undefined) return repeat(first, post);
    if (this.#waiting.size >= WAITING_POSTS_MAX || this.#chars >= WAITING_CHARS_MAX) {
      const detail = "too many posts wait for this channel; retry with the same ocid";
      return Promise.reject(new DredError("overloaded", detail));
    }
    const { promise, resolve, reject } = settleable<PostOutcome>();
    this.#waiting.set(post.digest, { post, outcome: promise, resolve, reject });
    this.#chars += post.line.length;
    return promise;
  }

  waiting(): PendingPost[] {
    const posts: PendingPost[] = [];
    for (const { post } of this.#waiting.values()) {
      posts.push(post);
      if (posts.length >= limits.BATCH_ENTRIES_MAX) break;
    }
    return posts;
  }

  /** The first posts became entries at these positions, in order. */
  settleCreated(positions: readonly Position[]): void {
    const first = this.waiting().slice(0, positions.length);
    for (const [index, post] of first.entries()) {
      const position = positions[index];
      if (position !== undefined) {
        this.#take(post.digest)?.resolve({ ...position, status: "created" });
      }
    }
  }

  /** A post's (sender, ocid) is held already: a duplicate of the first with its content, or a conflict. */
  settleKnown(digest: string, held: readonly IndexedPosition[]): void {
    const waiting = this.#take(digest);
    if (waiting === undefined) return;
    const same = held.find(({ contentHash }) => contentHash === waiting.post.contentHash);
    if (same === undefined) return waiting.reject(conflict());
    const { origin, ts, seq } = same;
    waiting.resolve({ origin, ts, seq, status: "duplicate" });
  }

  rejectAll(error: DredError): void {
    for (const digest of this.#waiting.keys()) this.#take(digest)?.reject(error);
  }

  #take(digest: string): Waiting | undefined {
    const waiting = this.#waiting.get(digest);
    this.#waiting.delete(digest);
    this.#chars -= waiting?.post.line.length ?? 0;
    return waiting;
  }
}

async function repeat(first: Waiting, post: PendingPost): Promise<PostOutcome> {
  const outcome = await first.outcome;
  if (first.post.contentHash !== post.contentHash) throw conflict();
  return { ...outcome, status: "duplicate" };
}

function conflict(): DredError {
  const detail = "this ocid was used for a message with other content";
  return new DredError("ocid-conflict", detail);
}

interface Settleable<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (error: Error) => void;
}

function settleable<Value>(): Settleable<Value> {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (error: Error) => void = () => undefined;
  const promise = new Promise<Value>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
