import fc from "fast-check";
import { expect, test } from "vitest";
import { decideDelivery } from "./delivery.ts";

test("R7: delivers in order, each once, and says when something is missing", () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 8 })), (arrivals) => {
      let reader = { ts: 0, seq: 0 };
      for (const seq of arrivals) {
        const verdict = decideDelivery(reader, { ts: seq * 10, seq });
        const expected = { [reader.seq + 1]: "deliver" }[seq];
        expect(verdict).toBe(expected ?? (seq <= reader.seq ? "skip" : "behind"));
        if (verdict === "deliver") reader = { ts: seq * 10, seq };
      }
    }),
  );
});

test("R7: what is covered is decided by ts, so a new generation's seq 1 is not skipped", () => {
  expect(decideDelivery({ ts: 100, seq: 42 }, { ts: 101, seq: 1 })).toBe("behind");
  expect(decideDelivery({ ts: 100, seq: 0 }, { ts: 100, seq: 1 })).toBe("skip");
});
