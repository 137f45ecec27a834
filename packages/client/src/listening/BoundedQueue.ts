/**
 * What one producer hands to one consumer. Nothing is ever dropped: at its limit the queue asks
 * the producer to wait until half of it is taken.
 */
export class BoundedQueue<Item> {
  readonly #itemsMax: number;
  #items: Item[] = [];
  #taken = 0;
  #end: { readonly error?: unknown } | undefined;
  #wakeConsumer: (() => void) | undefined;
  #wakeProducer: (() => void) | undefined;

  constructor(itemsMax: number) {
    this.#itemsMax = itemsMax;
  }

  /** Whether the producer has to wait for `room()` before it pushes. */
  get isFull(): boolean {
    return this.#size >= this.#itemsMax;
  }

  get #size(): number {
    return this.#items.length - this.#taken;
  }

  push(item: Item): void {
    this.#items.push(item);
    this.#wakeConsumer?.();
  }

  /** Resolves when half of the queue is taken, or at its end. */
  async room(): Promise<void> {
    while (this.#end === undefined && this.#size > this.#itemsMax / 2) {
      await new Promise<void>((resolve) => (this.#wakeProducer = resolve));
    }
  }

  /** The next item, also after the end; then undefined, or throws what `end` was given. */
  async take(): Promise<Item | undefined> {
    while (this.#size === 0) {
      if (this.#end !== undefined) {
        if ("error" in this.#end) throw this.#end.error;
        return undefined;
      }
      await new Promise<void>((resolve) => (this.#wakeConsumer = resolve));
    }
    const item = this.#items[this.#taken++];
    this.#compact();
    return item;
  }

  /** No more items come; the first end counts. With an error, what waits is still handed out. */
  end(end: { readonly error?: unknown } = {}): void {
    this.#end ??= end;
    this.#wakeConsumer?.();
    this.#wakeProducer?.();
  }

  /** Drops what waits: the consumer wants no more. */
  clear(): void {
    this.#items = [];
    this.#taken = 0;
    this.#wakeProducer?.();
  }

  #compact(): void {
    if (this.#taken < this.#items.length && this.#taken < this.#itemsMax / 2) return;
    this.#items.splice(0, this.#taken);
    this.#taken = 0;
    this.#wakeProducer?.();
  }
}
