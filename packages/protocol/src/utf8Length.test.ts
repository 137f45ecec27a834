import { Buffer } from "node:buffer";
import fc from "fast-check";
import { expect, test } from "vitest";
import { utf8Length } from "./utf8Length.ts";

test("counts the bytes that an encoder writes, lone surrogates included", () => {
  const anyUnits = fc
    .array(fc.oneof(fc.nat({ max: 0xffff }), fc.integer({ min: 0xd7ff, max: 0xe000 })))
    .map((units) => String.fromCharCode(...units));
  fc.assert(
    fc.property(fc.oneof(anyUnits, fc.string({ unit: "binary" })), (text) => {
      expect(utf8Length(text)).toBe(Buffer.byteLength(text, "utf8"));
    }),
    { numRuns: 500 },
  );
});

test.each(["\u007f", "\u0080", "\u07ff", "\u0800", "\uffff", "\u{10000}", "\ud800", "\udc00a"])(
  "counts at the edges: %j",
  (text) => {
    expect(utf8Length(text)).toBe(Buffer.byteLength(text, "utf8"));
  },
);
