import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyHead, anyOrigin } from "./__tests__/arbitraries.ts";
import { problemOf } from "./__tests__/problemOf.ts";
import { encodeLine, isServerField, parseIdentity, toMessageLine } from "./entry.ts";
import type { LineContext, MessageFields } from "./entry.ts";
import { toMid } from "./head.ts";
import { parseChannelName, parseNeighborhood } from "./ids.ts";

const context: LineContext = {
  channel: parseChannelName("news"),
  neighborhood: parseNeighborhood("nb1"),
  sender: "",
};
const message = { msg: "hi", type: "greeting", ocid: "o1" };

const serverFields = ["mid", "id", "ts", "channel", "nbh", "conflict", "sender", "_", "_x"];
const anyField = fc.oneof(
  fc.string(),
  fc.constantFrom(...serverFields, "__proto__", "constructor", "toJSON", "1", "\n"),
);
const anyMessage = fc
  .tuple(fc.dictionary(anyField, fc.jsonValue({ maxDepth: 2 })), fc.string(), fc.string())
  .map(([fields, msg, ocid]): MessageFields => ({ ...fields, msg, type: "t", ocid }));

function parsed(line: string): Record<string, unknown> {
  return JSON.parse(line) as Record<string, unknown>;
}

describe("encoding a message", () => {
  test("keeps the client's fields in their order, behind the server's", () => {
    expect(encodeLine({ ...message, x: { y: [1] } }, context)).toBe(
      '{"channel":"news","nbh":"nb1","msg":"hi","type":"greeting","ocid":"o1","x":{"y":[1]}}',
    );
  });

  test("ignores the fields that only a server writes", () => {
    const forged = Object.fromEntries(serverFields.map((field) => [field, "forged"]));

    expect(encodeLine({ ...forged, ...message }, context)).toBe(encodeLine(message, context));
  });

  test("names the authenticated sender, not one that the body claims", () => {
    const line = encodeLine({ ...message, sender: "mallory" }, { ...context, sender: "alice" });

    expect(parseIdentity(line)).toEqual({ ocid: "o1", sender: "alice" });
  });

  test("drops __proto__, so that no reader's object changes its nature", () => {
    const body = parsed('{"__proto__":{"ocid":"evil"},"msg":"hi","type":"greeting","ocid":"o1"}');

    expect(encodeLine(body as MessageFields, context)).toBe(encodeLine(message, context));
  });

  test("R3: gives one line, the same for the same fields, that keeps every other field", () => {
    fc.assert(
      fc.property(anyMessage, (fields) => {
        const line = encodeLine(fields, context);

        expect(line).toBe(encodeLine(parsed(JSON.stringify(fields)) as MessageFields, context));
        expect(line).not.toContain("\n");
        const kept = Object.entries(parsed(JSON.stringify(fields))).filter(
          ([field]) => !isServerField(field) && field !== "__proto__",
        );
        expect(parsed(line)).toEqual({
          ...Object.fromEntries(kept),
          channel: "news",
          nbh: "nb1",
        });
      }),
    );
  });
});

describe("who posted", () => {
  test("is nobody where no sender stands", () => {
    expect(parseIdentity(encodeLine(message, context))).toEqual({ ocid: "o1", sender: "" });
  });

  test.each(["", "{", "null", "[]", "5", '"ocid"', "{}", '{"ocid":5}', '{"msg":"hi"}'])(
    "cannot be read from %s",
    (line) => {
      expect(problemOf(() => parseIdentity(line))?.code).toBe("invalid-shape");
    },
  );
});

describe("the line a reader gets", () => {
  test("is mid and ts before the very text that the origin encoded", () => {
    fc.assert(
      fc.property(anyMessage, anyOrigin, anyHead, fc.boolean(), (fields, origin, head, isLater) => {
        const line = encodeLine(fields, context);

        const text = toMessageLine(origin, { ...head, line, chain: "" }, isLater);

        expect(text.endsWith(line.slice(1))).toBe(true);
        expect(parsed(text)).toEqual({
          mid: toMid(origin, head),
          ts: head.ts,
          ...(isLater ? { conflict: true } : {}),
          ...parsed(line),
        });
      }),
    );
  });
});

test.each(["mid", "ts", "conflict"])(
  "R3: a line that brings its own %s is no message, so no server can forge a place",
  (field) => {
    const line = JSON.stringify({ channel: "c", ocid: "o1", [field]: "first.aaa00/1-1" });

    expect(() => parseIdentity(line)).toThrow("an entry has its own");
  },
);
