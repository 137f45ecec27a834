import { expect, test } from "vitest";
import { LineSplitter } from "./LineSplitter.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const mebibyte = bytes("x".repeat(1_048_576));

test("a line that never ends is given up at 4 MiB, and memory with it", () => {
  const splitter = new LineSplitter();
  for (let chunk = 0; chunk < 4; chunk++) expect(splitter.push(mebibyte)).toEqual([]);

  expect(() => splitter.push(bytes("x"))).toThrow(/body-too-large/);
});

test("a line of exactly 4 MiB is a line, and the next one begins anew", () => {
  const splitter = new LineSplitter();
  for (let chunk = 0; chunk < 4; chunk++) splitter.push(mebibyte);

  const [line, next] = splitter.push(bytes("\nnext\n"));

  expect(line).toHaveLength(4 * 1_048_576);
  expect(next).toBe("next");
});

test("bytes that are no UTF-8 are no line", () => {
  expect(() => new LineSplitter().push(Uint8Array.of(0x22, 0xff, 0x0a))).toThrow(/invalid-json/);
});
