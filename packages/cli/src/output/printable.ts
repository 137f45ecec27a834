// Everything that a terminal would obey instead of showing it: C0, DEL, C1, and what turns the
// direction of text.
const CONTROLS = /[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text of others as it may be shown on a terminal: its control characters as `\u001b`. */
export function toPrintable(text: string): string {
  return text.replace(
    CONTROLS,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
