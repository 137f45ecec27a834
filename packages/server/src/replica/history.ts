import { canonicalMerge, historyView, isGone } from "@dred/core";
import type { LogPage, PlacedEntry } from "@dred/core";
import {
  channelNameOf,
  DredError,
  formatCursor,
  generationOf,
  headOf,
  parseCursor,
  parseMid,
  toMessageLine,
  toMid,
} from "@dred/protocol";
import type { Head, OriginId, Position, VersionVector } from "@dred/protocol";
import type { ChannelReplica } from "./ChannelReplica.ts";
import { isDamage } from "./isDamage.ts";
import { judgeTwin } from "./listening/twinFilter.ts";
import type { HistoryPage, HistoryRequest } from "./Replica.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";

/** Pages of a store's logs that one answer may read, so that dead entries end it too. */
const ROUNDS_MAX = 50;
const CHARS_MAX = 4_194_304;

/** Where a history page begins, and the heads that all pages of one reading stop at. */
interface Bounds {
  readonly order: "asc" | "desc";
  readonly from: Position | undefined;
  readonly through: VersionVector;
}

/**
 * One page of a channel's messages in canonical order. All pages of one reading show the
 * messages that were held at the first of them, and listening from `cursor` goes on after
 * those without a hole.
 *
 * @throws DredError `invalid-cursor` when `after` or `before` is neither a mid nor a `next`;
 *   `store-damaged` when entries that belong on this page are missing in the store.
 */
export async function readHistory(
  context: ReplicaContext,
  channel: ChannelReplica,
  request: HistoryRequest,
): Promise<HistoryPage> {
  try {
    return await readComplete(context, channel, request);
  } catch (error) {
    if (!isDamage(error)) throw error;
    return readComplete(context, channel, request); // the channel is read anew and knows what it has
  }
}

async function readComplete(
  context: ReplicaContext,
  channel: ChannelReplica,
  request: HistoryRequest,
): Promise<HistoryPage> {
  await channel.open();
  const page = await readSound(context, channel, request);
  const { order, from } = toBounds(channel, request);
  const through = page.next === undefined ? undefined : positionOf(page.next);
  checkComplete(channel, order === "asc" ? { from, through } : { from: through, through: from });
  return page;
}

/** @throws DredError `store-damaged` when living entries between these ends may be missing. */
function checkComplete(
  channel: ChannelReplica,
  ends: { readonly from: Position | undefined; readonly through: Position | undefined },
): void {
  for (const [origin, damage] of channel.damaged) {
    const afterTs = headOf(channel.content.heads, origin).ts;
    const isBefore = damage.through.ts < (ends.from?.ts ?? 0) || damage.through.ts <= afterTs;
    const isAfter = afterTs >= (ends.through?.ts ?? Number.POSITIVE_INFINITY);
    if (isBefore || isAfter || channel.life.isDead(origin, damage.through)) continue;
    throw new DredError("store-damaged", damage.detail);
  }
}

async function readSound(
  context: ReplicaContext,
  channel: ChannelReplica,
  request: HistoryRequest,
): Promise<HistoryPage> {
  const bounds = toBounds(channel, request);
  const cursor = cursorOf(context, channel, bounds.through);
  const found: { line: string; place: PlacedEntry }[] = [];
  let chars = 0;
  let from = bounds.from;
  for (let round = 0; round < ROUNDS_MAX; round++) {
    const wanted = request.limit + 1 - found.length;
    const { entries, isLast } = await readBounded(channel, { ...bounds, from }, wanted);
    for (const place of entries) {
      const line = lineOf(context, channel, bounds.through, place);
      from = toPosition(place);
      if (line === undefined) continue;
      if (found.length === request.limit || (chars += line.length) > CHARS_MAX) {
        return toPage(found, cursor);
      }
      found.push({ line, place });
    }
    if (isLast) return { lines: found.map(({ line }) => line), cursor };
  }
  return toPage(found, cursor, from);
}

function toPage(
  found: readonly { readonly line: string; readonly place: PlacedEntry }[],
  cursor: string,
  position?: Position,
): HistoryPage {
  const last = found.at(-1);
  const next = last === undefined ? position : toPosition(last.place);
  const lines = found.map(({ line }) => line);
  return next === undefined ? { lines, cursor } : { lines, cursor, next: formatNext(next, cursor) };
}

function formatNext(position: Position, cursor: string): string {
  return `${toMid(position.origin, position)}~${cursor}`;
}

/** The position in a mid or in the `next` of a page. */
function positionOf(text: string): Position {
  const tilde = text.indexOf("~");
  return parseMid(tilde < 0 ? text : text.slice(0, tilde));
}

function toBounds(channel: ChannelReplica, request: HistoryRequest): Bounds {
  const { after, before } = request;
  if (after !== undefined && before !== undefined) {
    throw new DredError("invalid-shape", "give either 'after' or 'before', not both");
  }
  const text = after ?? before;
  const order = before === undefined ? request.order : "desc";
  const heads = new Map<OriginId, Head>(channel.content.heads);
  if (text === undefined) return { order, from: undefined, through: heads };
  const tilde = text.indexOf("~");
  if (tilde < 0) return { order, from: parseMid(text), through: heads };
  const cursor = parseCursor(text.slice(tilde + 1));
  if (cursor.generation !== generationOf(channel.key)) {
    throw new DredError("invalid-cursor", "the channel was deleted and created again; begin anew");
  }
  return { order, from: parseMid(text.slice(0, tilde)), through: cursor.vector };
}

function cursorOf(context: ReplicaContext, channel: ChannelReplica, vector: VersionVector): string {
  return formatCursor({
    neighborhood: context.identity.neighborhood,
    channel: channelNameOf(channel.key),
    generation: generationOf(channel.key),
    vector: channel.life.carried(vector),
  });
}

/** Reads what follows `from` in every log, at least some of it, in canonical order. */
async function readBounded(
  channel: ChannelReplica,
  bounds: Bounds,
  wanted: number,
): Promise<{ readonly entries: PlacedEntry[]; readonly isLast: boolean }> {
  const origins = [...bounds.through.keys()].filter((origin) => channel.content.heads.has(origin));
  const charsMax = Math.max(16_384, Math.floor(CHARS_MAX / Math.max(1, origins.length)));
  const entriesMax = Math.min(1_000, Math.max(8, wanted));
  const pages = await Promise.all(
    origins.map(async (origin): Promise<LogPage> => {
      const range = { origin, ...limitsOf(bounds, origin), order: bounds.order };
      const entries = await channel.range({ ...range, entriesMax, charsMax });
      const chars = entries.reduce((sum, { line }) => sum + line.length, 0);
      return { origin, entries, isLast: entries.length < entriesMax && chars < charsMax };
    }),
  );
  const isLast = pages.every((page) => page.isLast);
  return { entries: canonicalMerge(pages, bounds.order), isLast };
}

/** Canonical order continues after (ts, origin): the same ts of a later origin follows. */
function limitsOf(bounds: Bounds, origin: OriginId): { afterTs: number; beforeTs: number } {
  const { from, order } = bounds;
  const end = headOf(bounds.through, origin).ts + 1;
  if (from === undefined) return { afterTs: 0, beforeTs: end };
  if (order === "asc") {
    const isSameTsDone = origin <= from.origin;
    return { afterTs: isSameTsDone ? from.ts : from.ts - 1, beforeTs: end };
  }
  const isSameTsDone = origin >= from.origin;
  return { afterTs: 0, beforeTs: Math.min(end, isSameTsDone ? from.ts : from.ts + 1) };
}

function lineOf(
  context: ReplicaContext,
  channel: ChannelReplica,
  through: VersionVector,
  placed: PlacedEntry,
): string | undefined {
  const { origin, entry } = placed;
  const held = { heads: through, ranges: channel.life.deadRanges() };
  if (isGone(held, toPosition(placed))) return undefined;
  const view = historyView(toPosition(placed), (twin) => isGone(held, twin));
  const verdict = judgeTwin(context.hash.sha256, channel.content.twins, placed, view);
  if (verdict === "hide") return undefined;
  return toMessageLine(origin, entry, verdict === "conflict");
}

function toPosition({ origin, entry }: PlacedEntry): Position {
  return { origin, ts: entry.ts, seq: entry.seq };
}
