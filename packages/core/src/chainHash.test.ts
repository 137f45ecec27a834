import { createHash } from "node:crypto";
import { parseChannelKey, parseOriginId } from "@dred/protocol";
import { expect, test } from "vitest";
import { sha256 } from "./__tests__/sha256.ts";
import { chainThrough } from "./chainHash.ts";

const log = { channel: parseChannelKey("news~0"), origin: parseOriginId("first.aaa00") };
const entry = { ts: 7, seq: 1, line: "{}" };

test("R8: is the first 128 bits of SHA-256 over what docs/replication.md says", () => {
  const text = "\nnews~0\nfirst.aaa00\n7-1\n{}";

  expect(chainThrough(sha256, log, "", entry)).toBe(
    createHash("sha256").update(text).digest("hex").slice(0, 32),
  );
});

test.each([
  [log, "p", entry],
  [{ ...log, channel: parseChannelKey("news~1") }, "", entry],
  [{ ...log, origin: parseOriginId("first.aaa01") }, "", entry],
  [log, "", { ...entry, ts: 8 }],
  [log, "", { ...entry, seq: 2 }],
  [log, "", { ...entry, line: "{ }" }],
] as const)(
  "R3: any other place, past or text gives another hash: %j %j %j",
  (place, past, next) => {
    expect(chainThrough(sha256, place, past, next)).not.toBe(chainThrough(sha256, log, "", entry));
  },
);
