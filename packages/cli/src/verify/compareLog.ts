import { createHash } from "node:crypto";
import { CHAIN_START, isOnChain } from "@dred/core";
import type { ChainedHead, Log } from "@dred/core";
import { formatHead } from "@dred/protocol";
import type { LogReader } from "./LogReader.ts";

/** The first place where the copies of one log differ. */
interface LogDifference {
  /** `ts-seq` */
  readonly position: string;
  readonly detail: string;
}

export interface ComparedLog {
  /** Entries before the difference, or all of them. */
  readonly count: number;
  readonly difference?: LogDifference;
}

/**
 * Compares the copies of one log entry by entry, up to the first difference. No server is
 * believed: the chain hash is reckoned anew from the content of each entry, so what was changed
 * in a store shows even where there is only one copy.
 */
export async function compareLog(log: Log, readers: readonly LogReader[]): Promise<ComparedLog> {
  let at = await settle(readers, highestBase(readers, CHAIN_START));
  for (let count = 0; ; count++) {
    const due = readers.filter(({ through }) => through.ts > at.ts);
    const next = due.map(({ entry }) => entry).find((entry) => entry?.seq === at.seq + 1);
    const difference = due.length === 0 ? wrongHeads(readers, at) : differenceAt(log, due, at);
    if (difference !== undefined) return { count, difference };
    if (next === undefined) return { count };
    at = await settle(readers, { ts: next.ts, seq: next.seq, chain: next.chain });
  }
}

/** Reads on behind `at`, or behind what some server trimmed meanwhile: all are compared there. */
async function settle(readers: readonly LogReader[], at: ChainedHead): Promise<ChainedHead> {
  for (const reader of readers) await reader.skipThrough(at);
  const floor = highestBase(readers, at);
  return floor.ts > at.ts ? settle(readers, floor) : at;
}

function highestBase(readers: readonly LogReader[], least: ChainedHead): ChainedHead {
  return readers.reduce((high, { base }) => (base.ts > high.ts ? base : high), least);
}

function differenceAt(
  log: Log,
  due: readonly LogReader[],
  at: ChainedHead,
): LogDifference | undefined {
  const [missing, present] = split(due, ({ entry }) => entry?.seq !== at.seq + 1);
  const entry = present[0]?.entry;
  if (entry === undefined) {
    const detail = `what follows this entry is missing on ${names(missing)}`;
    return { position: formatHead(at), detail };
  }
  const position = formatHead(entry);
  if (missing.length > 0) return { position, detail: `missing on ${names(missing)}` };
  const isRight = ({ entry: its }: LogReader): boolean =>
    its !== undefined && isOnChain(sha256, log, at, its);
  const wrong = due.filter((reader) => !isRight(reader));
  if (wrong.length > 0) {
    return { position, detail: `the content does not fit the chain hash on ${names(wrong)}` };
  }
  const [same, other] = split(due, (reader) => reader.entry?.chain === entry.chain);
  if (other.length === 0) return undefined;
  const detail = `${names(same)} and ${names(other)} have different messages here`;
  return { position, detail };
}

/** At the end of what is compared: who holds nothing more must say the same of it. */
function wrongHeads(readers: readonly LogReader[], at: ChainedHead): LogDifference | undefined {
  const wrong = readers.filter(({ head }) => head.ts === at.ts && head.chain !== at.chain);
  if (wrong.length === 0) return undefined;
  return { position: formatHead(at), detail: `the head has another chain hash on ${names(wrong)}` };
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function split<Item>(all: readonly Item[], is: (item: Item) => boolean): [Item[], Item[]] {
  return [all.filter(is), all.filter((item) => !is(item))];
}

function names(readers: readonly LogReader[]): string {
  return readers.map(({ serverId }) => serverId).join(", ");
}
