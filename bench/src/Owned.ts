type End = () => void | PromiseLike<void>;

/** Things that end together, in reverse order; newer Node has an AsyncDisposableStack for it. */
export class Owned implements AsyncDisposable {
  #ends: End[] = [];

  defer(end: End): void {
    this.#ends.push(end);
  }

  use<Thing extends AsyncDisposable>(thing: Thing): Thing {
    this.defer(() => thing[Symbol.asyncDispose]());
    return thing;
  }

  /** The same things under a new owner; this one then ends nothing. */
  move(): Owned {
    const moved = new Owned();
    moved.#ends = this.#ends;
    this.#ends = [];
    return moved;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}
