/** How far a server has come that joins others, and what its store had taken for it then. */
export interface JoinLook {
  readonly usedBytes: number;
  /** What the store may use at most. */
  readonly limitBytes: number;
  readonly entriesHeld: number;
  /** Of those that its peers had when it linked to them. */
  readonly entriesMissing: number;
}

export interface MemoryShortage {
  readonly bytesPerEntry: number;
  /** What is still to come takes about so much more. */
  readonly bytesNeeded: number;
}

/** With fewer entries stored, what they took says little of those that follow. */
const ENTRIES_MIN = 2_000;
/** Of what is reckoned to be needed; less than all, for nobody is turned away in doubt. */
const CERTAIN_PART = 0.9;

/**
 * Whether what a joining server is still to take will not fit, going by what its store has
 * taken for each entry since the first look. Undefined if it fits, or if that cannot be said.
 */
export function memoryShortage(first: JoinLook, now: JoinLook): MemoryShortage | undefined {
  const stored = now.entriesHeld - first.entriesHeld;
  if (stored < ENTRIES_MIN || now.entriesMissing === 0) return undefined;
  const bytesPerEntry = Math.max(0, now.usedBytes - first.usedBytes) / stored;
  const bytesNeeded = bytesPerEntry * now.entriesMissing;
  const bytesLeft = Math.max(0, now.limitBytes - now.usedBytes);
  return CERTAIN_PART * bytesNeeded > bytesLeft ? { bytesPerEntry, bytesNeeded } : undefined;
}
