import { DredError } from "@dred/protocol";
import { ErrorReply, SocketClosedUnexpectedlyError } from "redis";
import { expect, test } from "vitest";
import { isUnknownScript, toStoreError } from "./storeFailure.ts";

test.each([
  ["OOM command not allowed when used memory > 'maxmemory'.", "store-full"],
  ["WRONGTYPE Operation against a key holding the wrong kind of value", "store-damaged"],
  ["READONLY You can't write against a read only replica.", "store-unavailable"],
  ["LOADING Redis is loading the dataset in memory", "store-unavailable"],
  ["BUSY Redis is busy running a script.", "store-unavailable"],
  ["MASTERDOWN Link with MASTER is down", "store-unavailable"],
  ["NOPERM this user has no permissions", "store-refused"],
  ["WRONGPASS invalid username-password pair", "store-refused"],
  ["ERR DB index is out of range", "store-refused"],
])("Redis's %s is %s", (message, code) => {
  expect(toStoreError(new ErrorReply(message), "commit")).toMatchObject({ code });
});

test("a broken connection says what failed and that trying again can help", () => {
  const error = toStoreError(new SocketClosedUnexpectedlyError(), "commit");

  expect(error).toMatchObject({ code: "store-unavailable", isRetryable: true });
  expect(error.detail).toContain("commit failed");
});

test("what has a code already keeps it", () => {
  const error = new DredError("store-fenced", "another epoch");

  expect(toStoreError(error, "commit")).toBe(error);
});

test("only NOSCRIPT means that nothing was run", () => {
  expect(isUnknownScript(new ErrorReply("NOSCRIPT No matching script."))).toBe(true);
  expect(isUnknownScript(new ErrorReply("ERR NOSCRIPT"))).toBe(false);
  expect(isUnknownScript(new Error("NOSCRIPT"))).toBe(false);
});
