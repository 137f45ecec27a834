import { comparePositions, isCovered } from "@dred/protocol";
import type { VersionVector } from "@dred/protocol";
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

/** What a reader is shown of a message that has twins. */
export type TwinVerdict = "show" | "hide" | "conflict";

/**
 * R6 for a live reader: a message is hidden when the reader's vector covers a twin with
 * the same content; the later one of different contents is flagged.
 */
export function judgeForReader(
  noted: string,
  self: IndexedPosition,
  vector: VersionVector,
): TwinVerdict {
  return judge(noted, self, (twin) => isCovered(vector, twin.origin, twin.ts));
}

/** R8 for history: of equal twins the first in canonical order is shown, on every server. */
export function judgeForHistory(noted: string, self: IndexedPosition): TwinVerdict {
  return judge(noted, self, (twin) => comparePositions(twin, self) < 0);
}

function judge(
  noted: string,
  self: IndexedPosition,
  isShownBefore: (twin: IndexedPosition) => boolean,
): TwinVerdict {
  const others = parseTwins(noted).filter((twin) => comparePositions(twin, self) !== 0);
  const isEqual = (twin: IndexedPosition): boolean => twin.contentHash === self.contentHash;
  if (others.some((twin) => isEqual(twin) && isShownBefore(twin))) return "hide";
  const isLater = others.some((twin) => !isEqual(twin) && comparePositions(twin, self) < 0);
  return isLater ? "conflict" : "show";
}
