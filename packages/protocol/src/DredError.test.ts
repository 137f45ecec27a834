import { describe, expect, test } from "vitest";
import { assert, DredError, InvariantError, isProblemCode, problems } from "./DredError.ts";

describe("problem codes", () => {
  test.each(Object.keys(problems))("%s is kebab-case and has an error's status", (code) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/);
    expect(isProblemCode(code)).toBe(true);
    const { status } = new DredError(code as keyof typeof problems, "detail");
    expect(status >= 400 && status < 600).toBe(true);
  });

  test.each(["constructor", "__proto__", "toString", "", "no-such", 400, null, undefined])(
    "%j is none",
    (value) => {
      expect(isProblemCode(value)).toBe(false);
    },
  );
});

test("an error says its code and its cause, and whether to try again", () => {
  const cause = new Error("refused");
  const error = new DredError("store-unavailable", "the store is away", { cause });

  expect(error.message).toBe("[store-unavailable] the store is away");
  expect(error.cause).toBe(cause);
  expect([error.status, error.isRetryable]).toEqual([503, true]);
  expect(new DredError("ocid-conflict", "").isRetryable).toBe(false);
});

test("a bug is no operating error", () => {
  expect(() => assert(false, "heads are equal")).toThrow(InvariantError);
  expect(() => assert(1, "heads are equal")).not.toThrow();
});
