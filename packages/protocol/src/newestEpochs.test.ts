import { expect, test } from "vitest";
import { parseOriginId } from "./ids.ts";
import { isLeftOut } from "./newestEpochs.ts";

test("R7: an epoch may have been left out only where a later one of its server is named", () => {
  const vector = new Map(
    ["first.aab00", "second.aaa00"].map((origin) => [parseOriginId(origin), { ts: 1, seq: 1 }]),
  );
  const origins = ["first.aaa00", "first.aab00", "first.aac00", "third.aaa00"].map(parseOriginId);

  expect(origins.map((origin) => isLeftOut(vector, origin))).toEqual([true, false, false, false]);
});
