import type { Figures } from "./Measurement.ts";
import { median } from "./statistics.ts";

/** Prints the figures of all rounds of one measurement: median, least and most of each. */
export function printTable(title: string, rounds: readonly Figures[]): void {
  console.log(`\n${title}`);
  for (const name of Object.keys(rounds[0] ?? {})) {
    const values = rounds.map((figures) => figures[name] ?? Number.NaN);
    const spread = `${format(Math.min(...values))} – ${format(Math.max(...values))}`;
    console.log(`  ${name.padEnd(28)}${format(median(values)).padStart(12)}   (${spread})`);
  }
}

function format(value: number): string {
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString("en-US");
  return value.toFixed(2);
}
