/** Rows under a headline, in columns as wide as they need. */
export function toTable(
  headline: readonly string[],
  rows: readonly (readonly string[])[],
): readonly string[] {
  const all = [headline, ...rows];
  const widths = headline.map((_, column) =>
    Math.max(...all.map((row) => (row[column] ?? "").length)),
  );
  return all.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd(),
  );
}
