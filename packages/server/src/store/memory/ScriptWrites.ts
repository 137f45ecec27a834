/** A script died: what it wrote before stays, the rest was not done. */
export class ScriptDied extends Error {}

/**
 * The writes of one operation, in the order in which its script in `store/redis/lua` makes them.
 * Scripts do not roll back, so one can end between any two of them.
 */
export class ScriptWrites {
  #left: number;

  /** @param left How many are made before the script dies. */
  constructor(left: number) {
    this.#left = left;
  }

  /** @throws ScriptDied instead of writing. */
  make(write: () => void): void {
    if (this.#left-- <= 0) throw new ScriptDied();
    write();
  }
}
