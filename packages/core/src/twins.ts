import { comparePositions, isCovered } from "@dred/protocol";
import type { Position } from "@dred/protocol";
import type { ChannelContent } from "./channelLog.ts";
import { parseIndexed } from "./identityIndex.ts";
import type { IndexedPosition } from "./identityIndex.ts";

/*
 * Twins: one (sender, ocid) held at two or more positions, because it was posted on two
 * servers that could not see each other. A replica stores both, always (a replica that
 * refused one would be stuck); readers are shown one message. Which positions belong
 * together stands beside the logs, as text: the values of the index, separated by spaces.
 */

/** The note for one more position of an ocid; unchanged when it is noted already. */
export function noteTwin(noted: string, value: string): string {
  const values = noted.split(" ");
  return values.includes(value) ? noted : [...values, value].sort().join(" ");
}

export function parseTwins(noted: string): IndexedPosition[] {
  return noted.split(" ").map(parseIndexed);
}

/**
 * Where an identity is held that the index knows at a position: there, and where its twins are;
 * those that were removed come last. Empty when all are lost: then it may be appended again.
 *
 * @param known The index's value.
 */
export function findHeld(
  { heads, bases, twins }: ChannelContent,
  digest: string,
  known: string,
): readonly IndexedPosition[] {
  const noted = twins.get(digest);
  const positions = [parseIndexed(known), ...(noted === undefined ? [] : parseTwins(noted))];
  const held = positions.filter(({ origin, ts }) => isCovered(heads, origin, ts));
  const isRemoved = ({ origin, ts }: Position): boolean => isCovered(bases, origin, ts);
  return [...held.filter((position) => !isRemoved(position)), ...held.filter(isRemoved)];
}

/** What a reader is shown of a message that has twins. */
export type TwinVerdict = "show" | "hide" | "conflict";

/** What decides about twins, besides the twins themselves. */
export interface TwinView {
  /** Whether the reader was shown this twin before. */
  readonly isShown: (twin: IndexedPosition) => boolean;
  /** Whether the twin is dead by rule (R5), or not held: it hides and flags nothing any more. */
  readonly isGone: (twin: IndexedPosition) => boolean;
}

/**
 * R6: a message is hidden when the reader was shown a twin with the same content. One is flagged
 * when another content, earlier in canonical order, lives. A dead twin does neither, so that a
 * server that never held it shows the same (R8).
 */
export function judgeTwins(noted: string, self: IndexedPosition, view: TwinView): TwinVerdict {
  const others = parseTwins(noted).filter((twin) => comparePositions(twin, self) !== 0);
  const isEqual = (twin: IndexedPosition): boolean => twin.contentHash === self.contentHash;
  if (others.some((twin) => isEqual(twin) && view.isShown(twin))) return "hide";
  const isConflict = others.some(
    (twin) => !isEqual(twin) && comparePositions(twin, self) < 0 && !view.isGone(twin),
  );
  return isConflict ? "conflict" : "show";
}

/** The view of history: of equal twins the first that lives is shown, on every server. */
export function historyView(self: Position, isGone: TwinView["isGone"]): TwinView {
  return { isShown: (twin) => comparePositions(twin, self) < 0 && !isGone(twin), isGone };
}
