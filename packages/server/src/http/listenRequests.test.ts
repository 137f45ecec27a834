import { DredError, formatCursor, parseChannelName, parseNeighborhood } from "@dred/protocol";
import { describe, expect, test } from "vitest";
import { parseListenRequests } from "./listenRequests.ts";

const neighborhood = parseNeighborhood("nb1");
const parse = (body: unknown) => parseListenRequests(body, neighborhood);
const cursorOf = (channel: string, of = neighborhood) =>
  formatCursor({
    neighborhood: of,
    channel: parseChannelName(channel),
    generation: 3,
    vector: new Map(),
  });

function statusOf(body: unknown): number {
  try {
    parse(body);
  } catch (error) {
    if (error instanceof DredError) return error.status;
    throw error;
  }
  return 200;
}

describe("a listen request", () => {
  test.each([
    [undefined],
    [{}],
    [[]],
    [[null]],
    [["news"]],
    [[[]]],
    [[{}]],
    [[{ channel: "news", since: 1 }]],
    [[{ channel: "news", since: null }]],
    [[{ channel: "news", since: "no cursor" }]],
    [[{ channel: "news", since: { first: "1-1" } }]],
    [[{ channel: "news", since: [] }]],
    [[{ channel: "news", group: "g" }]],
    [Array.from({ length: 1_001 }, () => ({ channel: "news" }))],
  ])("%j is 422", (body) => {
    expect(statusOf(body)).toBe(422);
  });

  test("a cursor of another channel or neighborhood is refused", () => {
    expect(statusOf([{ channel: "news", since: cursorOf("old") }])).toBe(422);
    const elsewhere = cursorOf("news", parseNeighborhood("nb2"));
    expect(statusOf([{ channel: "news", since: elsewhere }])).toBe(422);
    expect(statusOf([{ channel: "ne*", since: cursorOf("ne") }])).toBe(422);
  });

  test("takes all forms of since, names in any normal form, and patterns", () => {
    const requests = parse([
      { channel: "cafe\u0301" },
      { channel: "*", since: "start" },
      { channel: "news", since: cursorOf("news") },
      { channel: "a-*", since: { "first.m2k9xqa7": "5-2" } },
    ]);
    expect(requests).toEqual([
      { channel: "caf\u00e9", since: { kind: "now" } },
      { channel: "*", since: { kind: "start" } },
      { channel: "news", since: { kind: "vector", vector: new Map(), generation: 3 } },
      {
        channel: "a-*",
        since: { kind: "vector", vector: new Map([["first.m2k9xqa7", { ts: 5, seq: 2 }]]) },
      },
    ]);
  });
});
