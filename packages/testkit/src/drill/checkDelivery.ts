import type { Acked } from "./Ledger.ts";
import type { Received } from "./Reader.ts";

/** Sentences for each kind of fault; the rest is only counted. */
const SENTENCES_MAX = 5;

/** What one reader got from the start of all channels on. */
export interface Delivered {
  readonly name: string;
  readonly received: readonly Received[];
}

export interface Deliveries {
  /** Every message that was answered; those that may be lost count for their content only. */
  readonly acked: readonly Acked[];
  /** All contents that were ever posted under an ocid. */
  readonly posted: ReadonlyMap<string, ReadonlySet<string>>;
  readonly readers: readonly Delivered[];
}

/** How often each thing happened, over all readers; 0 is right for all below `delivered`. */
export interface DeliveryReport {
  readonly acked: number;
  readonly delivered: number;
  readonly lost: number;
  readonly unexpected: number;
  readonly twice: number;
  readonly outOfOrder: number;
  /** Positions that had more than one content, over everything acknowledged and delivered (R3). */
  readonly otherContent: number;
  /** What is wrong, as sentences: where in a writer's messages, and at which reader. */
  readonly faults: readonly string[];
}

/** Compares what readers got with what writers were told. Pure. */
export function checkDelivery({ acked, posted, readers }: Deliveries): DeliveryReport {
  const faults: string[] = [];
  const binding = acked.filter(({ mayBeLost }) => !mayBeLost);
  const sum = (count: (reader: Delivered) => string[]): number =>
    readers.reduce((total, reader) => {
      const found = count(reader);
      faults.push(...abridge(found));
      return total + found.length;
    }, 0);
  const lost = readers.flatMap((reader) => findLost(binding, reader));
  faults.push(...abridge(lost.map(({ sentence }) => sentence)));
  const others = findOtherContent(acked, readers);
  faults.push(...abridge(others));
  return {
    acked: acked.length,
    delivered: readers.reduce((total, { received }) => total + received.length, 0),
    lost: lost.reduce((total, { count }) => total + count, 0),
    unexpected: sum((reader) => findUnexpected(posted, reader)),
    twice: sum(findTwice),
    outOfOrder: sum(findOutOfOrder),
    otherContent: others.length,
    faults,
  };
}

/** The writers of which a reader lacks something, and whether at the beginning, middle or end. */
function findLost(
  acked: readonly Acked[],
  reader: Delivered,
): { readonly count: number; readonly sentence: string }[] {
  const got = new Set(reader.received.map(identityOf));
  return [...byWriterOf(acked)].flatMap(([writer, own]) => {
    const isGot = own.map((each) => got.has(identityOf(each)));
    const missing = own.filter((_, index) => isGot[index] !== true);
    const [first] = missing;
    const last = missing.at(-1);
    if (first === undefined || last === undefined) return [];
    const parts = placesOf(isGot).join(", ");
    const which = `${first.ocid} … ${last.ocid}`;
    const sentence = `${reader.name} lost ${missing.length} of ${own.length} of ${writer} (${parts}): ${which}`;
    return [{ count: missing.length, sentence }];
  });
}

function byWriterOf(acked: readonly Acked[]): Map<string, Acked[]> {
  const byWriter = new Map<string, Acked[]>();
  for (const each of acked) {
    const writer = `${each.writer} in ${each.channel}`;
    const own = byWriter.get(writer);
    if (own === undefined) byWriter.set(writer, [each]);
    else own.push(each);
  }
  return byWriter;
}

/** Whether what is missing lies before, between or behind what was got. */
function placesOf(isGot: readonly boolean[]): string[] {
  const from = isGot.indexOf(true);
  const through = isGot.lastIndexOf(true);
  if (from < 0) return ["all"];
  const places: string[] = [];
  if (from > 0) places.push("prefix");
  if (isGot.slice(from, through).includes(false)) places.push("middle");
  if (through < isGot.length - 1) places.push("tail");
  return places;
}

function findUnexpected(
  posted: ReadonlyMap<string, ReadonlySet<string>>,
  { name, received }: Delivered,
): string[] {
  return received
    .filter(({ ocid, content }) => posted.get(ocid)?.has(content) !== true)
    .map(({ mid, ocid }) => `${name} got ${ocid} at ${mid}, which nobody posted like that`);
}

function findTwice({ name, received }: Delivered): string[] {
  const got = new Map<string, string>();
  return received.flatMap((message) => {
    const before = got.get(identityOf(message));
    got.set(identityOf(message), message.mid);
    if (before === undefined) return [];
    return [`${name} got ${message.ocid} twice, at ${before} and at ${message.mid}`];
  });
}

function findOutOfOrder({ name, received }: Delivered): string[] {
  const largest = new Map<string, number>();
  return received.flatMap(({ channel, mid }) => {
    const log = `${channel} ${mid.slice(0, mid.indexOf("/"))}`;
    const seq = Number(mid.slice(mid.lastIndexOf("-") + 1));
    const before = largest.get(log) ?? 0;
    largest.set(log, Math.max(before, seq));
    return seq > before ? [] : [`${name} got ${mid} of ${channel} behind ${before}`];
  });
}

function findOtherContent(acked: readonly Acked[], readers: readonly Delivered[]): string[] {
  const contents = new Map<string, string>();
  const told = [acked, ...readers.map(({ received }) => received)].flat();
  return told.flatMap((message) => {
    const { channel, mid, ocid } = message;
    const before = contents.get(`${channel} ${mid}`);
    contents.set(`${channel} ${mid}`, before ?? identityOf(message));
    if (before === undefined || before === identityOf(message)) return [];
    return [`${mid} of ${channel} is ${ocid}, and had other content before`];
  });
}

function identityOf(message: Pick<Received, "channel" | "ocid" | "content">): string {
  return `${message.channel} ${message.ocid} ${message.content}`;
}

function abridge(sentences: readonly string[]): string[] {
  const more = sentences.length - SENTENCES_MAX;
  return more > 0
    ? [...sentences.slice(0, SENTENCES_MAX), `… and ${more} more like this`]
    : [...sentences];
}
