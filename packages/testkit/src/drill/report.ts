import type { Drill } from "./Drill.ts";
import type { DrillResult } from "./runDrill.ts";

const HEADINGS = [
  "drill",
  "",
  "acked",
  "delivered",
  "lost",
  "twice",
  "out of order",
  "other",
  "converged",
  "took",
];
const OUTPUT_LINES = 15;

/** What each drill shows, a line each. */
export function formatList(drills: readonly Drill[]): string {
  const width = Math.max(...drills.map(({ name }) => name.length));
  return drills
    .map(({ name, shows, isLong }) => {
      return `  ${name.padEnd(width)}  ${shows}${isLong === true ? " (long)" : ""}`;
    })
    .join("\n");
}

/** One row a drill. `other` counts what nobody posted and positions with two contents. */
export function formatTable(results: readonly DrillResult[]): string {
  const rows = [HEADINGS, ...results.map((result) => cellsOf(result))];
  const widths = HEADINGS.map((_, column) =>
    Math.max(...rows.map((row) => (row[column] ?? "").length)),
  );
  return rows
    .map((row) => row.map((cell, column) => pad(cell, column, widths)).join("  "))
    .join("\n");
}

/** What a drill found out, what did not hold, and then what the servers said last. */
export function formatDetails({ notes, faults, outputs }: DrillResult): string {
  const lines = [...notes.map((note) => `    ${note}`), ...faults.map((fault) => `    ✗ ${fault}`)];
  for (const [name, output] of Object.entries(outputs)) {
    const last = output.trim().split("\n").slice(-OUTPUT_LINES);
    lines.push(`    ${name} said last:`, ...last.map((line) => `      ${line}`));
  }
  return lines.join("\n");
}

function cellsOf({ name, faults, delivery, convergedMs, seconds }: DrillResult): string[] {
  const { acked, delivered, lost, twice, outOfOrder, unexpected, otherContent } = delivery;
  const counts = [acked, delivered, lost, twice, outOfOrder, unexpected + otherContent];
  const converged = convergedMs === undefined ? "never" : `${convergedMs} ms`;
  const outcome = faults.length === 0 ? "ok" : "FAILED";
  return [name, outcome, ...counts.map(String), converged, `${seconds.toFixed(1)} s`];
}

/** Names to the left, numbers to the right. */
function pad(cell: string, column: number, widths: readonly number[]): string {
  const width = widths[column] ?? 0;
  return column < 2 ? cell.padEnd(width) : cell.padStart(width);
}
