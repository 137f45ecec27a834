import { generationOf, toMid } from "@dred/protocol";
import type { ChannelKey } from "@dred/protocol";
import { deadRanges, dedupWindowMs, isDead } from "@dred/core";
import { SKEW_MS } from "../Ledger.ts";
import type { ReceivedGap, ReceivedMessage, SimReader } from "../SimReader.ts";
import { postedIn } from "../posted.ts";
import type { World } from "../World.ts";
import { expectThat } from "./expectThat.ts";

/** What was looked at before: a reader's record only grows. */
const looked = new WeakMap<SimReader, ReaderRecord>();

interface ReaderRecord {
  messages: number;
  gaps: number;
  readonly mids: Set<string>;
  readonly seqs: Map<string, number>;
  /** (ocid, content) to the visit in which it came, and its ts. */
  readonly contents: Map<string, { readonly visit: number; readonly ts: number }>;
  generation: number;
  deletions: number;
}

/** P1, P4, P5, P9, P13 and R7 for all that readers got since the last time. */
export function checkReaders(world: World): void {
  for (const reader of world.readers) {
    const record = looked.get(reader) ?? newRecord();
    looked.set(reader, record);
    for (const message of reader.received.slice(record.messages)) {
      checkMessage(world, reader, record, message);
    }
    for (const gap of reader.gaps.slice(record.gaps)) checkGap(world, reader, gap);
    record.messages = reader.received.length;
    record.gaps = reader.gaps.length;
  }
}

function checkMessage(
  world: World,
  reader: SimReader,
  record: ReaderRecord,
  message: ReceivedMessage,
): void {
  const { mid, origin, seq } = message;
  const key = world.ledger.keyOf(reader.channel, message);
  expectThat(key !== undefined, `P1: ${reader.name} got ${mid}, which no store ever held`);
  checkContent(world, reader, { key, message });
  checkGeneration(reader, record, { generation: generationOf(key), message });
  const log = `${key} ${origin}`;
  const before = record.seqs.get(log) ?? 0;
  expectThat(seq > before, `P5: ${reader.name} got ${log} ${seq} after ${before}`);
  record.seqs.set(log, seq);
  expectThat(!record.mids.has(mid), `P4: ${reader.name} got ${mid} twice`);
  record.mids.add(mid);
  checkTwin(reader, record, message);
  checkAlive(reader, message);
}

function checkContent(
  world: World,
  reader: SimReader,
  { key, message }: { readonly key: ChannelKey; readonly message: ReceivedMessage },
): void {
  const entry = world.ledger.entryAt(key, message.origin, message);
  const posted = entry && postedIn(entry);
  const isSame = posted?.ocid === message.ocid && posted.msg === message.content;
  expectThat(isSame, `P1: ${reader.name} got other content at ${message.mid}`);
}

/**
 * P13: after `deleted` comes nothing of that generation, and of which one a message is was said
 * by a cursor before it.
 */
function checkGeneration(
  reader: SimReader,
  record: ReaderRecord,
  { generation, message }: { readonly generation: number; readonly message: ReceivedMessage },
): void {
  const { deletions, mid, generation: told = "none" } = message;
  const least = record.generation + (deletions > record.deletions ? 1 : 0);
  const what = `P13: ${reader.name} got generation ${generation}`;
  expectThat(generation >= least, `${what} where ${least} is the least`);
  expectThat(generation === told, `${what} at ${mid}, and its cursor says ${told}`);
  record.generation = generation;
  record.deletions = deletions;
}

/**
 * P4: one (ocid, content) once within a dedup window, but for a raw reader that has changed its
 * server since.
 */
function checkTwin(reader: SimReader, record: ReaderRecord, message: ReceivedMessage): void {
  const { ocid, content, visit, mid, ts } = message;
  const windowMs = dedupWindowMs(reader.channel.options.messageLifetime);
  const key = `${record.generation} ${ocid} ${content}`;
  const before = record.contents.get(key);
  const isTwin = before !== undefined && Math.abs(ts - before.ts) <= windowMs * 1000;
  const isAgain = isTwin && before.visit === visit && !reader.channel.isIndexLost;
  expectThat(!isAgain, `P4: ${reader.name} got ${ocid} again at ${mid}, and never moved`);
  record.contents.set(key, { visit, ts });
}

/** P9: it was alive when it came, beyond skew. */
function checkAlive(reader: SimReader, message: ReceivedMessage): void {
  const { messageLifetime, maxMessages } = reader.channel.options;
  const { mid, ts, seq, origin, atMs, heads } = message;
  const oldest = atMs - SKEW_MS - (messageLifetime ?? Number.POSITIVE_INFINITY);
  expectThat(ts / 1000 >= oldest, `P9: ${reader.name} got ${mid}, which had outlived its time`);
  if (maxMessages === undefined || heads === undefined) return;
  const rules = { messageLifetimeMs: Number.POSITIVE_INFINITY, maxMessages };
  const range = deadRanges(rules, heads, atMs).get(origin);
  const isGone = range !== undefined && isDead(range, { ts, seq });
  expectThat(!isGone, `P9: ${reader.name} got ${mid}, beyond the newest ${maxMessages}`);
}

/** R7: what a gap passes over is dead, of a rule that its channel has. */
function checkGap(world: World, reader: SimReader, gap: ReceivedGap): void {
  const { reason, origin, through } = gap;
  const { messageLifetime, maxMessages } = reader.channel.options;
  const what = `${reader.name} was told of a gap through ${toMid(origin, through)} (${reason})`;
  const rule = { life: messageLifetime, max: maxMessages, gone: undefined }[reason];
  const keys = world.ledger.generationsOf(reader.channel);
  if (keys.some((key) => world.ledger.isGivenUp(key, { origin, ts: through.ts }))) return;
  expectThat(rule !== undefined, `R7: ${what} where no rule is`);
  expectThat(isOutlived(reader, gap) || isBeyond(world, reader, gap), `R7: ${what} that is alive`);
}

function isOutlived({ channel }: SimReader, { through, atMs }: ReceivedGap): boolean {
  const lifetimeMs = channel.options.messageLifetime ?? Number.POSITIVE_INFINITY;
  return through.ts / 1000 < atMs + SKEW_MS - lifetimeMs;
}

function isBeyond({ ledger }: World, { channel }: SimReader, gap: ReceivedGap): boolean {
  const maxMessages = channel.options.maxMessages ?? Number.POSITIVE_INFINITY;
  const rules = { messageLifetimeMs: Number.POSITIVE_INFINITY, maxMessages };
  return ledger.generationsOf(channel).some((key) => {
    const range = deadRanges(rules, ledger.headsOf(key), gap.atMs).get(gap.origin);
    return range !== undefined && isDead(range, gap.through);
  });
}

function newRecord(): ReaderRecord {
  return {
    messages: 0,
    gaps: 0,
    mids: new Set(),
    seqs: new Map(),
    contents: new Map(),
    generation: 0,
    deletions: 0,
  };
}
