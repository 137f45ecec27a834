import { memoryShortage } from "@dred/core";
import type { JoinLook, MemoryShortage } from "@dred/core";
import { DredError } from "@dred/protocol";
import type { ChannelTable } from "./ChannelTable.ts";
import { every } from "./every.ts";
import type { StoreMemory } from "./ports/Store.ts";
import type { Readying } from "./Readying.ts";
import type { ReplicaContext } from "./ReplicaContext.ts";

const LOOK_INTERVAL_MS = 1_000;
/** Beyond what is reckoned to be needed, so that the next start does not end the same way. */
const SPARE_PART = 0.2;

/**
 * Ends a server that joins others when its store has not the memory for what is to come: else
 * it would fill it to the last byte, and then stand there. What it has stays, so with more
 * memory the next start goes on from there.
 */
export function watchJoinMemory(
  context: ReplicaContext,
  table: ChannelTable,
  readying: Readying,
): void {
  let first: JoinLook | undefined;
  const stop = every(context, LOOK_INTERVAL_MS, async () => {
    const { isReady, entriesMissing } = readying.state();
    if (isReady) return stop();
    if (entriesMissing === undefined) return;
    const memory = await askMemory(context);
    if (memory === undefined) return;
    const entriesHeld = [...table.summaries().values()].reduce((sum, { count }) => sum + count, 0);
    const now = { ...memory, entriesHeld, entriesMissing };
    first ??= now;
    const shortage = memoryShortage(first, now);
    if (shortage === undefined) return;
    const detail = sentenceOf(memory, entriesMissing, shortage);
    context.fail({ reason: "refused", detail });
  });
}

async function askMemory(context: ReplicaContext): Promise<StoreMemory | undefined> {
  try {
    return await context.session.memory(context);
  } catch (error) {
    if (error instanceof DredError || context.signal.aborted) return undefined; // the next look
    throw error;
  }
}

function sentenceOf(
  { usedBytes, limitBytes, howToRaise }: StoreMemory,
  entriesMissing: number,
  { bytesPerEntry, bytesNeeded }: MemoryShortage,
): string {
  const wanted = usedBytes + bytesNeeded * (1 + SPARE_PART);
  return (
    `the store has too little memory for what the peers hold: ${entriesMissing} entries are still ` +
    `to come, of about ${Math.round(bytesPerEntry)} bytes each, ${toMegabytes(bytesNeeded)} MB in ` +
    `all, and ${toMegabytes(usedBytes)} of ${toMegabytes(limitBytes)} MB are used. ` +
    `${howToRaise(toMegabytes(wanted))}, and start this server again: it keeps what it has`
  );
}

function toMegabytes(bytes: number): number {
  return Math.ceil(bytes / 1_000_000);
}
