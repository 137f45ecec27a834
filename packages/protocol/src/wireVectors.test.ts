import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { formatControlLine } from "./controlLine.ts";
import type { ControlLine } from "./controlLine.ts";
import { parseCursor } from "./cursor.ts";
import { toMessageLine } from "./entry.ts";
import { formatFrame, PEER_PROTOCOL } from "./frames.ts";
import type { Frame } from "./frames.ts";
import { parseMid } from "./head.ts";
import {
  parseChannelKey,
  parseEpoch,
  parseNeighborhood,
  parseOriginId,
  parseServerId,
} from "./ids.ts";
import { parseFrame } from "./parseFrame.ts";

/*
 * The files in vectors/ are the wire as others may rely on it: they change only together with
 * docs/protocol.md. Each line is one text as it is sent; a frame of several lines stands there
 * as a JSON string.
 */

type Examples<Union extends { readonly type: string }> = {
  readonly [Type in Union["type"]]: Extract<Union, { readonly type: Type }>;
};

function linesOf(file: string): string[] {
  const text = readFileSync(new URL(`../vectors/${file}`, import.meta.url), "utf8");
  return text.trimEnd().split("\n");
}

const channel = parseChannelKey("news~0");
const origin = parseOriginId("first.m2k9xqa7");
const after = { ts: 1763923555123456, seq: 42 };
const through = { ts: 1763923555200000, seq: 43 };
const chain = "0f1e2d3c4b5a69788796a5b4c3d2e1f0";
const line = '{"channel":"news","nbh":"nb1","type":"greeting","msg":"hi","ocid":"o-1"}';
const cursor = "c1~nb1~news~0~first.m2k9xqa7.hd9balkav4.16";
const digest = "00ff00ff00ff00ff";

/** One example of each type of frame: a type without one does not compile. */
const frames: Examples<Frame> = {
  hello: {
    type: "hello",
    protocol: PEER_PROTOCOL,
    neighborhood: parseNeighborhood("nb1"),
    serverId: parseServerId("first"),
    storeId: "5f0c9a3e",
    instance: "7be1d2c4",
    epoch: parseEpoch("m2k9xqa7"),
    version: "0.1.0",
    url: "http://127.0.0.1:3029",
    clock: 1763923555123,
    syncedTs: 1_763_920_000_000_000,
    nonce: chain,
    epochs: new Map([
      [parseServerId("first"), parseEpoch("m2k9xqa7")],
      [parseServerId("second"), parseEpoch("m2k8aa00")],
    ]),
    proof: "",
  },
  proof: { type: "proof", proof: "b1946ac9" },
  have: { type: "have", origins: new Map([[origin, { count: 43, digest }]]), registry: digest },
  "heads-request": { type: "heads-request", origin, from: parseChannelKey("game:7~1") },
  heads: { type: "heads", origin, heads: [[channel, after, chain]], next: undefined },
  pull: { type: "pull", origin, logs: [[channel, { ts: 0, seq: 0 }, ""]] },
  fetch: { type: "fetch", origin, logs: [[channel, after, chain]] },
  stop: { type: "stop", origin, channel: undefined },
  entries: {
    type: "entries",
    channel,
    origin,
    entries: [
      { ...after, chain, line },
      { ...through, chain: "8f0c2b1d9e7a6354".repeat(2), line: line.replace("hi", "a\\nb ü") },
    ],
  },
  gap: { type: "gap", channel, origin, after, through, chain, head: through, reason: "life" },
  "held-request": { type: "held-request", ref: 1, channel, origin, head: through, waitMs: 5000 },
  held: { type: "held", ref: 1, isHeld: true },
  credit: { type: "credit", bytes: 262144 },
  ping: { type: "ping", sent: 1763923555123.5 },
  pong: { type: "pong", sent: 1763923555123.5, clock: 1763923555124 },
  "registry-request": { type: "registry-request", buckets: [digest, ""] },
  registry: { type: "registry", ref: 2, records: [["host/first", '{"kind":"host"}']] },
  "registry-ack": { type: "registry-ack", ref: 2 },
  bye: { type: "bye", reason: "shutdown", detail: "the server stops" },
};

/** One example of each control line; `listening` is there with and without a cursor. */
const controlLines: Examples<ControlLine> = {
  "heartbeat-info": { type: "heartbeat-info", timerInterval: 7000 },
  heartbeat: { type: "heartbeat" },
  reading: { type: "reading", channel: "news", cursor: "c1~nb1~news~0" },
  listening: { type: "listening", channel: "news", cursor },
  gap: {
    type: "gap",
    channel: "news",
    origin,
    after: "1763923555123456-42",
    through: "1763923555200000-43",
    reason: "life",
  },
  deleted: { type: "deleted", channel: "news", cursor: "c1~nb1~news~1" },
  warning: { type: "warning", channel: "x", message: "invalid or expired channel" },
  chanCreated: { type: "chanCreated", channel: "news", options: { messageLifetime: 60000 } },
  chanDeleted: { type: "chanDeleted", channel: "news" },
  hostAdded: { type: "hostAdded", host: "second", url: "http://127.0.0.1:3030" },
  hostRemoved: { type: "hostRemoved", host: "second" },
  bye: { type: "bye", reason: "shutdown", hosts: ["http://127.0.0.1:3030"] },
};

describe("vectors/frames.ndjson", () => {
  const texts = linesOf("frames.ndjson").map((text) =>
    text.startsWith('"') ? (JSON.parse(text) as string) : text,
  );

  test.each(texts)("%s is read and written without a change", (text) => {
    expect(formatFrame(parseFrame(text))).toBe(text);
  });

  test("has one example of every type, and it means what it meant", () => {
    expect(texts.map(parseFrame)).toEqual(Object.values(frames));
  });
});

describe("vectors/lines.ndjson", () => {
  const texts = linesOf("lines.ndjson");
  const isMessage = (text: string): boolean => text.startsWith('{"mid":');

  test("has one example of every control line, as it is written", () => {
    const written = Object.values(controlLines).map(formatControlLine);

    expect(texts.filter((text) => !isMessage(text))).toEqual([
      ...written,
      formatControlLine({ type: "listening", channel: "new*" }),
    ]);
  });

  test("has a message and one flagged as a conflict, as they are written", () => {
    const entry = { ...after, chain, line };

    expect(texts.filter(isMessage)).toEqual([
      toMessageLine(origin, entry),
      toMessageLine(origin, entry, true),
    ]);
  });

  test("its cursor says where the message lies", () => {
    expect(parseCursor(cursor).vector).toEqual(new Map([[origin, after]]));
  });

  test.each(texts.filter(isMessage))("the mid of %s says its ts", (text) => {
    const { mid, ts } = JSON.parse(text) as { mid: unknown; ts: unknown };

    expect(parseMid(mid).ts).toBe(ts);
  });
});
