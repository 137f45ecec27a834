import { formatCursor, parseCursor, parseVectorObject, toVectorObject } from "@dred/protocol";
import { headOf, isLeftOut, parseHead, parseOriginId } from "@dred/protocol";
import type { Cursor, Head, OriginId, Position } from "@dred/protocol";
import type { Since } from "./ListenTarget.ts";

/**
 * Where a reader stands in one channel: what is covered has been read and is not read again.
 *
 * A reader that began "now" has no position before the server's `listening` line gives it one;
 * cut off before that line it was promised nothing and may begin "now" again. From then on every
 * message moves the position, so that nothing falls between two connections.
 */
export class ChannelPosition {
  #vector = new Map<OriginId, Head>();
  /** What makes a vector a cursor: known from a cursor given or from the server's first line. */
  #life: Omit<Cursor, "vector"> | undefined;
  #isAnchored = false;

  /** @throws DredError `invalid-cursor`. */
  constructor(since: Since | undefined) {
    if (since === undefined) return;
    this.#isAnchored = true;
    if (typeof since === "object") this.#vector = parseVectorObject(since);
    else if (since !== "start") this.#adopt(parseCursor(since));
  }

  /** What to ask a server for, so that it goes on from here; undefined for "from now on". */
  get since(): Since | undefined {
    if (!this.#isAnchored) return undefined;
    if (this.#life !== undefined) return this.cursor;
    return this.#vector.size === 0 ? "start" : toVectorObject(this.#vector);
  }

  /** The position as text, valid on every server; undefined before the server gave its own. */
  get cursor(): string | undefined {
    return this.#life && formatCursor({ ...this.#life, vector: this.#vector });
  }

  isCovered(position: Position): boolean {
    return position.ts <= headOf(this.#vector, position.origin).ts;
  }

  /**
   * What began "now" stays unanchored until `listening`: messages of some origins say nothing of
   * the others, and asking for what follows them would bring all that was ever posted there.
   */
  advance(origin: OriginId, head: Head): void {
    if (head.ts > headOf(this.#vector, origin).ts) this.#vector.set(origin, head);
  }

  /** Takes over a gap: nothing up to `through` will come. @throws DredError when malformed. */
  skip(origin: string, through: string): void {
    this.advance(parseOriginId(origin), parseHead(through));
  }

  /**
   * Takes over what the server says at `reading`, `listening` and `deleted`. Of the generation that
   * we have, both are true: of each origin the later one counts, but what the server left out
   * because it is over goes here, too. A later one has a vector of its own.
   */
  rebase(text: string): void {
    const cursor = parseCursor(text);
    const before = this.#life?.generation;
    if (before !== undefined && cursor.generation < before) return;
    const kept = before === cursor.generation ? this.#vector : new Map<OriginId, Head>();
    this.#adopt(cursor);
    for (const [origin, head] of kept) {
      if (!isLeftOut(cursor.vector, origin)) this.advance(origin, head);
    }
  }

  /** There is no such channel yet: whatever is posted after it was created is new. */
  awaitCreation(): void {
    this.#isAnchored = true;
  }

  #adopt({ vector, ...life }: Cursor): void {
    this.#isAnchored = true;
    this.#life = life;
    this.#vector = new Map(vector);
  }
}
