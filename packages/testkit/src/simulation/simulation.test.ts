import { expect, test } from "vitest";
import { silentLog } from "../silentLog.ts";
import { simulate } from "./simulate.ts";

const SEEDS = Number(process.env["SEEDS"] ?? 200);
const FROM = Number(process.env["FROM"] ?? 1);

test(
  `R1–R11: a neighborhood under faults loses nothing and converges, ${SEEDS} seeds`,
  { timeout: 600_000 },
  async () => {
    for (let seed = FROM; seed < FROM + SEEDS; seed++) {
      const result = await simulate(seed, silentLog);
      expect(result.acked).toBeGreaterThan(0);
    }
  },
);
