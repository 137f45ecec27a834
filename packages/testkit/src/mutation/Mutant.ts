/** A test by its file and a part of its full name. */
export interface NamedTest {
  /** From the root of the project. */
  readonly file: string;
  /** As it stands in the source, behind `test(` or `it(`. */
  readonly name: string;
}

/** A rule broken on purpose, and the test that must fail then. */
export interface Mutant {
  /** What the broken code does, in a sentence. */
  readonly name: string;
  /** The rule of docs/replication.md: R1 to R12, or a number. */
  readonly rule: string;
  /** The broken file, from the root of the project. */
  readonly file: string;
  /** The text that is replaced; it must occur in the file exactly once. */
  readonly find: string;
  readonly replace: string;
  readonly killedBy: NamedTest;
}
