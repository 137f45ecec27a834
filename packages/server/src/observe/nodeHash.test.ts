import { expect, test } from "vitest";
import { nodeHash } from "./nodeHash.ts";

test("SHA-256 is that of FIPS 180-4", () => {
  expect(nodeHash.sha256("abc")).toBe(
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad",
  );
});

test("HMAC-SHA256 is that of RFC 4231, case 2", () => {
  expect(nodeHash.hmac("Jefe", "what do ya want for nothing?")).toBe(
    "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
  );
});

test("texts of other lengths are unequal and no error", () => {
  expect(nodeHash.isEqual("a", "a")).toBe(true);
  expect(nodeHash.isEqual("a", "ab")).toBe(false);
  expect(nodeHash.isEqual("", "a")).toBe(false);
});
