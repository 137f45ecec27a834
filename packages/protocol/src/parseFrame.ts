import { DredError } from "./DredError.ts";
import type { Entry } from "./entry.ts";
import type {
  EntriesFrame,
  Frame,
  GapFrame,
  HelloFrame,
  LogHead,
  RegistryRecord,
} from "./frames.ts";
import { parseHead, readHead } from "./head.ts";
import {
  parseChannelKey,
  parseEpoch,
  parseNeighborhood,
  parseOriginId,
  parseServerId,
} from "./ids.ts";
import type { ChannelKey } from "./ids.ts";
import {
  BATCH_ENTRIES_MAX,
  FRAME_LOGS_MAX,
  FRAME_ORIGINS_MAX,
  FRAME_RECORDS_MAX,
  FRAME_TEXT_CHARS_MAX,
  REGISTRY_BUCKETS,
} from "./limits.ts";

/**
 * Reads what a peer sent.
 *
 * @throws DredError `invalid-shape` for text that is no frame of this protocol; the link
 *   is then closed, since what follows cannot be trusted either.
 */
export function parseFrame(text: string): Frame {
  const lineEnd = text.indexOf("\n");
  const header = lineEnd < 0 ? text : text.slice(0, lineEnd);
  const fields = new Fields(parseHeader(header));
  const parser = parserOf(fields.text("type"));
  if (parser === undefined) throw malformed(`unknown type ${header.slice(0, 80)}`);
  try {
    return parser(fields, lineEnd < 0 ? "" : text.slice(lineEnd + 1));
  } catch (error) {
    // A bad id or head in it is, for the link, one more malformed frame.
    const isOther = error instanceof DredError && error.code !== "invalid-shape";
    throw isOther ? malformed(error.detail) : error;
  }
}

/** Own names only: a peer may well send the type "constructor". */
function parserOf(type: string): FrameParser | undefined {
  return Object.hasOwn(parsers, type) ? parsers[type] : undefined;
}

type FrameParser = (fields: Fields, rest: string) => Frame;

const parsers: Readonly<Record<string, FrameParser | undefined>> = {
  hello: parseHello,
  proof: (f) => ({ type: "proof", proof: f.text("proof") }),
  have: (f) => ({
    type: "have",
    origins: new Map(
      f.pairs("origins", FRAME_ORIGINS_MAX).map(([origin, value]) => {
        const summary = new Fields(value);
        return [
          parseOriginId(origin),
          { count: summary.integer("count"), digest: summary.text("digest") },
        ];
      }),
    ),
    registry: f.text("registry"),
  }),
  "heads-request": (f) => ({
    type: "heads-request",
    origin: parseOriginId(f.get("origin")),
    from: f.optionalKey("from"),
  }),
  heads: (f) => ({
    type: "heads",
    origin: parseOriginId(f.get("origin")),
    heads: f.logHeads("heads"),
    next: f.optionalKey("next"),
  }),
  pull: (f) => ({ type: "pull", origin: parseOriginId(f.get("origin")), logs: f.logHeads("logs") }),
  fetch: (f) => ({
    type: "fetch",
    origin: parseOriginId(f.get("origin")),
    logs: f.logHeads("logs"),
  }),
  stop: (f) => ({
    type: "stop",
    origin: parseOriginId(f.get("origin")),
    channel: f.optionalKey("channel"),
  }),
  entries: parseEntries,
  gap: parseGap,
  "held-request": (f) => ({
    type: "held-request",
    ref: f.integer("ref"),
    channel: parseChannelKey(f.get("channel")),
    origin: parseOriginId(f.get("origin")),
    head: parseHead(f.get("head")),
    waitMs: f.integer("waitMs"),
  }),
  held: (f) => ({ type: "held", ref: f.integer("ref"), isHeld: f.get("isHeld") === true }),
  credit: (f) => ({ type: "credit", bytes: f.integer("bytes") }),
  ping: (f) => ({ type: "ping", sent: f.number("sent") }),
  pong: (f) => ({ type: "pong", sent: f.number("sent"), clock: f.number("clock") }),
  "registry-request": (f) => ({
    type: "registry-request",
    buckets: f.list("buckets", REGISTRY_BUCKETS).map(String),
  }),
  registry: (f) => ({
    type: "registry",
    ref: f.integer("ref"),
    records: f.list("records", FRAME_RECORDS_MAX).map(parseRecord),
  }),
  "registry-ack": (f) => ({ type: "registry-ack", ref: f.integer("ref") }),
  bye: (f) => ({ type: "bye", reason: f.text("reason"), detail: f.text("detail") }),
};

function parseHello(f: Fields): HelloFrame {
  const epochs = f.pairs("epochs", FRAME_ORIGINS_MAX);
  return {
    type: "hello",
    protocol: f.integer("protocol"),
    neighborhood: parseNeighborhood(f.get("neighborhood")),
    serverId: parseServerId(f.get("serverId")),
    storeId: f.text("storeId"),
    instance: f.text("instance"),
    epoch: parseEpoch(f.get("epoch")),
    version: f.text("version"),
    url: f.text("url"),
    clock: f.number("clock"),
    syncedTs: f.integer("syncedTs"),
    nonce: f.text("nonce"),
    epochs: new Map(epochs.map(([id, epoch]) => [parseServerId(id), parseEpoch(epoch)])),
    proof: f.text("proof"),
  };
}

function parseGap(f: Fields): GapFrame {
  const reason = f.text("reason");
  if (reason !== "life" && reason !== "max" && reason !== "gone") {
    throw malformed(`unknown gap reason ${reason}`);
  }
  const [after, through] = [parseHead(f.get("after")), parseHead(f.get("through"))];
  if (through.ts <= after.ts || through.seq <= after.seq) throw malformed("a gap skips nothing");
  return {
    type: "gap",
    channel: parseChannelKey(f.get("channel")),
    origin: parseOriginId(f.get("origin")),
    after,
    through,
    chain: f.text("chain"),
    head: parseHead(f.get("head")),
    reason,
  };
}

const ENTRY_LINE = /^(\d{1,16}-\d{1,16}) ([0-9a-f]{32}) (\{.*\})$/s;

function parseEntries(f: Fields, rest: string): EntriesFrame {
  const lines = rest === "" ? [] : rest.split("\n");
  if (lines.length !== f.integer("count")) throw malformed("entries and count differ");
  if (lines.length > BATCH_ENTRIES_MAX) throw malformed(`more than ${BATCH_ENTRIES_MAX} entries`);
  const entries = readableEntries(lines);
  const isCutShort = entries.length < lines.length || f.get("isCutShort") === true;
  if (lines.length === 0 && !isCutShort) throw malformed("it has no entries");
  return {
    type: "entries",
    channel: parseChannelKey(f.get("channel")),
    origin: parseOriginId(f.get("origin")),
    entries,
    ...(isCutShort ? { isCutShort } : {}),
  };
}

/** Up to the first that is no entry: it spoils its own log, not the link. */
function readableEntries(lines: readonly string[]): Entry[] {
  const entries: Entry[] = [];
  for (const text of lines) {
    const entry = readEntry(text);
    if (entry === undefined) break;
    entries.push(entry);
  }
  return entries;
}

function readEntry(text: string): Entry | undefined {
  const [, place, chain, line] = ENTRY_LINE.exec(text) ?? [];
  const head = readHead(place);
  if (chain === undefined || line === undefined || head === undefined) return undefined;
  return { ...head, chain, line };
}

function parseRecord(value: unknown): RegistryRecord {
  if (Array.isArray(value) && value.length === 2) {
    const [field, text] = value as unknown[];
    if (typeof field === "string" && typeof text === "string") return [field, text];
  }
  throw malformed("a registry record is [field, value]");
}

function parseHeader(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw malformed("its header is not JSON");
  }
}

function malformed(what: string): DredError {
  return new DredError("invalid-shape", `malformed frame: ${what}`);
}

/** Reads the fields of one JSON object, each by the type it must have. */
class Fields {
  readonly #object: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (typeof value !== "object" || value === null) throw malformed("no object");
    this.#object = value as Record<string, unknown>;
  }

  get(name: string): unknown {
    return this.#object[name];
  }

  text(name: string): string {
    const value = this.#object[name];
    if (typeof value === "string" && value.length <= FRAME_TEXT_CHARS_MAX) return value;
    throw malformed(`${name} is no text of at most ${FRAME_TEXT_CHARS_MAX} characters`);
  }

  number(name: string): number {
    const value = this.#object[name];
    if (typeof value === "number" && Number.isFinite(value)) return value;
    throw malformed(`${name} is no number`);
  }

  integer(name: string): number {
    const value = this.number(name);
    if (Number.isSafeInteger(value) && value >= 0) return value;
    throw malformed(`${name} is no whole number`);
  }

  list(name: string, lengthMax: number): unknown[] {
    const value = this.#object[name];
    if (Array.isArray(value) && value.length <= lengthMax) return value as unknown[];
    throw malformed(`${name} is no list of at most ${lengthMax}`);
  }

  pairs(name: string, lengthMax: number): [string, unknown][] {
    const value = this.#object[name];
    if (typeof value !== "object" || value === null) throw malformed(`${name} is no object`);
    const pairs = Object.entries(value);
    if (pairs.length <= lengthMax) return pairs;
    throw malformed(`${name} has more than ${lengthMax} fields`);
  }

  optionalKey(name: string): ChannelKey | undefined {
    const value = this.#object[name];
    return value === undefined ? undefined : parseChannelKey(value);
  }

  logHeads(name: string): LogHead[] {
    return this.list(name, FRAME_LOGS_MAX).map((value): LogHead => {
      const [channel, head, chain] = Array.isArray(value) ? (value as unknown[]) : [];
      return [parseChannelKey(channel), parseHead(head), typeof chain === "string" ? chain : ""];
    });
  }
}
