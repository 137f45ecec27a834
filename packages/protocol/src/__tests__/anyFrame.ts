import fc from "fast-check";
import type { Frame } from "../frames.ts";
import { FRAME_RECORDS_MAX } from "../limits.ts";
import {
  anyChain,
  anyChannelKey,
  anyCount,
  anyEntry,
  anyEpoch,
  anyHead,
  anyNeighborhood,
  anyOrigin,
  anyServerId,
} from "./arbitraries.ts";

type FrameArbitraries = {
  readonly [Type in Frame["type"]]: fc.Arbitrary<Extract<Frame, { readonly type: Type }>>;
};

const text = fc.string({ unit: "binary", maxLength: 40 });
// -0 is the one number that JSON does not bring back.
const number = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((value) => !Object.is(value, -0));
const logHead = fc.tuple(anyChannelKey, anyHead, fc.oneof(fc.constant(""), anyChain));
const logHeads = fc.array(logHead, { maxLength: 5 });
const next = fc.option(anyChannelKey, { nil: undefined });

const hello = fc.record({
  type: fc.constant("hello"),
  protocol: anyCount,
  neighborhood: anyNeighborhood,
  serverId: anyServerId,
  storeId: text,
  instance: text,
  epoch: anyEpoch,
  version: text,
  url: text,
  clock: number,
  syncedTs: anyCount,
  nonce: text,
  epochs: fc
    .array(fc.tuple(anyServerId, anyEpoch), { maxLength: 5 })
    .map((pairs) => new Map(pairs)),
  proof: text,
});

/** One generator for each type of frame: a type without one does not compile. */
const frames: FrameArbitraries = {
  hello,
  proof: fc.record({ type: fc.constant("proof"), proof: text }),
  have: fc.record({
    type: fc.constant("have"),
    origins: fc
      .array(fc.tuple(anyOrigin, fc.record({ count: anyCount, digest: text })), { maxLength: 5 })
      .map((pairs) => new Map(pairs)),
    registry: text,
  }),
  "heads-request": fc.record({
    type: fc.constant("heads-request"),
    origin: anyOrigin,
    from: next,
  }),
  heads: fc.record({ type: fc.constant("heads"), origin: anyOrigin, heads: logHeads, next }),
  pull: fc.record({ type: fc.constant("pull"), origin: anyOrigin, logs: logHeads }),
  fetch: fc.record({ type: fc.constant("fetch"), origin: anyOrigin, logs: logHeads }),
  stop: fc.record({ type: fc.constant("stop"), origin: anyOrigin, channel: next }),
  entries: fc.oneof(
    fc.record({
      type: fc.constant("entries" as const),
      channel: anyChannelKey,
      origin: anyOrigin,
      entries: fc.array(anyEntry, { minLength: 1, maxLength: 5 }),
    }),
    fc.record({
      type: fc.constant("entries" as const),
      channel: anyChannelKey,
      origin: anyOrigin,
      entries: fc.array(anyEntry, { maxLength: 5 }),
      isCutShort: fc.constant(true as const),
    }),
  ),
  gap: fc.record({
    type: fc.constant("gap"),
    channel: anyChannelKey,
    origin: anyOrigin,
    after: fc.constant({ ts: 0, seq: 0 }),
    through: anyHead.map(({ ts, seq }) => ({ ts: Math.max(ts, 1), seq: Math.max(seq, 1) })),
    chain: anyChain,
    head: anyHead,
    reason: fc.constantFrom("life", "max"),
  }),
  "held-request": fc.record({
    type: fc.constant("held-request"),
    ref: anyCount,
    channel: anyChannelKey,
    origin: anyOrigin,
    head: anyHead,
    waitMs: anyCount,
  }),
  held: fc.record({ type: fc.constant("held"), ref: anyCount, isHeld: fc.boolean() }),
  credit: fc.record({ type: fc.constant("credit"), bytes: anyCount }),
  ping: fc.record({ type: fc.constant("ping"), sent: number }),
  pong: fc.record({ type: fc.constant("pong"), sent: number, clock: number }),
  "registry-request": fc.record({
    type: fc.constant("registry-request"),
    buckets: fc.array(text, { maxLength: 5 }),
  }),
  registry: fc.record({
    type: fc.constant("registry"),
    ref: anyCount,
    records: fc.array(fc.tuple(text, text), { maxLength: FRAME_RECORDS_MAX }),
  }),
  "registry-ack": fc.record({ type: fc.constant("registry-ack"), ref: anyCount }),
  bye: fc.record({ type: fc.constant("bye"), reason: text, detail: text }),
};

export const anyFrame: fc.Arbitrary<Frame> = fc.oneof(...Object.values(frames));
