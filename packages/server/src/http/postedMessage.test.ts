import { DredError } from "@dred/protocol";
import { describe, expect, test } from "vitest";
import { parsePostedMessage } from "./postedMessage.ts";

function refusal(body: unknown): string {
  try {
    parsePostedMessage(body);
  } catch (error) {
    if (error instanceof DredError && error.status === 422) return error.detail;
    throw error;
  }
  return "accepted";
}

const missing = (field: string) =>
  `missing required '${field}' attribute for posting message in channel`;

describe("a posted message", () => {
  test.each([
    [{ msg: {} }, "message must be a string, not a JSON object"],
    [{}, missing("msg")],
    [{ msg: "hi" }, missing("ocid")],
    [{ msg: "hi", ocid: "" }, missing("ocid")],
    [{ msg: "hi", ocid: "1" }, missing("type")],
    [{ msg: 5, ocid: "1", type: "t" }, "msg must be a string"],
    [{ msg: "hi", ocid: "x".repeat(257), type: "t" }, "ocid must be at most 256 characters"],
    [{ msg: "", ocid: "x".repeat(256), type: "t" }, "accepted"],
  ])("%j: %s", (body, detail) => {
    expect(refusal(body)).toBe(detail);
  });

  test.each([[undefined], [null], ["text"], [[]], [5]])("%j is no message", (body) => {
    expect(refusal(body)).toMatch(/JSON object/);
  });
});
