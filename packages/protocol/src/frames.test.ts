import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { anyFrame } from "./__tests__/anyFrame.ts";
import { problemOf } from "./__tests__/problemOf.ts";
import { formatFrame } from "./frames.ts";
import type { Frame } from "./frames.ts";
import { parseChannelKey, parseOriginId } from "./ids.ts";
import {
  BATCH_ENTRIES_MAX,
  FRAME_LOGS_MAX,
  FRAME_ORIGINS_MAX,
  FRAME_RECORDS_MAX,
} from "./limits.ts";
import { parseFrame } from "./parseFrame.ts";

const channel = parseChannelKey("news~0");
const origin = parseOriginId("first.aaa00");
const chain = "0123456789abcdef".repeat(2);
const entry = `1-1 ${chain} {"ocid":"a"}`;

/** An `entries` frame with these lines. */
function entriesText(lines: readonly string[], count = lines.length): string {
  return [JSON.stringify({ type: "entries", channel, origin, count }), ...lines].join("\n");
}

function pullText(size: number): string {
  const logs = Array.from({ length: size }, () => [channel, "1-1", chain]);
  return JSON.stringify({ type: "pull", origin, logs });
}

function registryText(size: number): string {
  const records = Array.from({ length: size }, () => ["host/a", "{}"]);
  return JSON.stringify({ type: "registry", ref: 0, records });
}

function haveText(size: number): string {
  const summary = { count: 1, digest: "00ff00ff00ff00ff" };
  const origins: Record<string, unknown> = {};
  for (let index = 0; index < size; index++) origins[`s${index}.aaa00`] = summary;
  return JSON.stringify({ type: "have", origins, registry: "" });
}

describe("frames", () => {
  test("every frame comes back from its text", () => {
    fc.assert(
      fc.property(anyFrame, (frame) => {
        expect(parseFrame(formatFrame(frame))).toEqual(frame);
      }),
      { numRuns: 500 },
    );
  });

  test("an entry's own text is not touched, whatever spaces and escapes are in it", () => {
    const line = '{ "ocid" : "\\u0061\\n\u2028 \\/", "n": 1.0 }';
    const frame: Frame = {
      type: "entries",
      channel,
      origin,
      entries: [{ ts: 7, seq: 1, chain, line }],
    };

    expect(parseFrame(formatFrame(frame))).toEqual(frame);
  });
});

describe("malformed frames", () => {
  test.each([
    "",
    "{",
    "null",
    "5",
    "[]",
    "{}",
    '{"type":5}',
    '{"type":"nonsense"}',
    '{"type":"constructor"}',
    '{"type":"__proto__"}',
    '{"type":"toString"}',
    '{"type":"hello"}',
    '{"type":"stop","origin":"first"}',
    '{"type":"stop"}',
    '{"type":"have","origins":null,"registry":""}',
    '{"type":"have","origins":{"first.aaa00":null},"registry":""}',
    '{"type":"have","origins":{"first.aaa00":{"count":-1,"digest":""}},"registry":""}',
    '{"type":"have","origins":{"__proto__":{"count":1,"digest":""}},"registry":""}',
    '{"type":"ping","sent":1e999}',
    '{"type":"credit","bytes":-1}',
    '{"type":"credit","bytes":0.5}',
    '{"type":"credit","bytes":9007199254740992}',
    '{"type":"heads-request","origin":"first.aaa00","from":"a"}',
    '{"type":"pull","origin":"first.aaa00","logs":{"length":1}}',
    '{"type":"pull","origin":"first.aaa00","logs":[null]}',
    '{"type":"pull","origin":"first.aaa00","logs":[["a~0","1-01",""]]}',
    '{"type":"registry","ref":0,"records":[["a"]]}',
    '{"type":"registry","ref":0,"records":[["a",{}]]}',
    entriesText([]),
    entriesText([entry], 2),
    entriesText([entry, entry], 1),
    '{"type":"pull","origin":"first.aaa00","logs":[["e\u0301~0","1-1",""]]}',
    JSON.stringify({ type: "proof", proof: "a".repeat(2_049) }),
    `{"type":"gap","channel":"a~0","origin":"first.aaa00","after":"1-1","through":"2-2","chain":"","head":"2-2","reason":"moved"}`,
  ])("%s is refused as invalid-shape", (text) => {
    expect(problemOf(() => parseFrame(text))?.code).toBe("invalid-shape");
  });

  test.each([
    "",
    `01-1 ${chain} {}`,
    `9007199254740992-1 ${chain} {}`,
    `1-1 ${chain.toUpperCase()} {}`,
    `1-1 ${chain}{}`,
    `1-1 ${chain} []`,
  ])("an entry %j cuts its frame short, and what is before it counts", (bad) => {
    const whole = { type: "entries", channel, origin, entries: [expect.anything()] };
    expect(parseFrame(entriesText([entry, bad, entry]))).toEqual({ ...whole, isCutShort: true });
    expect(parseFrame(entriesText([entry]))).toEqual(whole);
  });

  test("R10: a frame with more than its limit is refused, one at its limit is not", () => {
    const full = Array.from({ length: BATCH_ENTRIES_MAX }, () => entry);
    const atLimit = [
      entriesText(full),
      pullText(FRAME_LOGS_MAX),
      registryText(FRAME_RECORDS_MAX),
      haveText(FRAME_ORIGINS_MAX),
    ];
    const beyond = [
      entriesText([...full, entry]),
      pullText(FRAME_LOGS_MAX + 1),
      registryText(FRAME_RECORDS_MAX + 1),
      haveText(FRAME_ORIGINS_MAX + 1),
    ];

    const codes = (texts: readonly string[]): (string | undefined)[] =>
      texts.map((text) => problemOf(() => parseFrame(text))?.code);

    expect(codes(atLimit)).toEqual(atLimit.map(() => undefined));
    expect(codes(beyond)).toEqual(beyond.map(() => "invalid-shape"));
  });

  test("a frame damaged anywhere is refused as invalid-shape, or still a frame", () => {
    const anyDamage = fc.tuple(anyFrame, fc.nat(), fc.nat({ max: 9 }), fc.string({ maxLength: 9 }));
    fc.assert(
      fc.property(anyDamage, ([frame, at, cut, put]) => {
        const text = formatFrame(frame);
        const start = at % text.length;

        expectFrameOrProblem(text.slice(0, start) + put + text.slice(start + cut));
      }),
      { numRuns: 500 },
    );
  });

  test("a frame with any value in any of its fields is refused as invalid-shape, or a frame", () => {
    fc.assert(
      fc.property(anyFrame, fc.nat(), fc.jsonValue(), (frame, at, value) => {
        const [header = "", ...rest] = formatFrame(frame).split("\n");
        const fields = JSON.parse(header) as Record<string, unknown>;
        const names = Object.keys(fields);
        fields[names[at % names.length] ?? "type"] = value;

        expectFrameOrProblem([JSON.stringify(fields), ...rest].join("\n"));
      }),
      { numRuns: 500 },
    );
  });
});

/** What is taken for a frame must be one: it can be sent on, and says the same there. */
function expectFrameOrProblem(text: string): void {
  let frame: Frame | undefined;
  const problem = problemOf(() => (frame = parseFrame(text)));
  if (frame === undefined) expect(problem?.code).toBe("invalid-shape");
  else expect(parseFrame(formatFrame(frame))).toEqual(frame);
}
