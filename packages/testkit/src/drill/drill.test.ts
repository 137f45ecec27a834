import { describe, expect, test } from "vitest";
import { drills } from "./drillTable.ts";
import { formatDetails } from "./report.ts";
import { runDrill } from "./runDrill.ts";

/** A few drills of each kind; `pnpm drill` runs the others. Together less than a minute. */
const short = [
  "redis-killed-aof-cut",
  "twins-in-partition",
  "server-terminated",
  "lost-everywhere",
];
const TOOK_MS_MAX = 120_000;

describe("with real servers and real Redis", () => {
  test.each(drills.filter(({ name }) => short.includes(name)))(
    "R3, R4, R6, R7, R8: nothing is lost and nothing comes twice: $name",
    async (drill) => {
      const result = await runDrill(drill);

      if (result.faults.length > 0) console.error(formatDetails(result));
      expect(result.faults).toEqual([]);
      expect(result.delivery.acked).toBeGreaterThan(0);
    },
    TOOK_MS_MAX,
  );
});
