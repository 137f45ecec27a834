import { checkDelivery } from "./checkDelivery.ts";
import type { DeliveryReport } from "./checkDelivery.ts";
import { compareHistories, readHistory } from "./compareServers.ts";
import type { Drill } from "./Drill.ts";
import { DrillNeighborhood } from "./DrillNeighborhood.ts";
import { waitFor } from "./waitFor.ts";

const SERVERS = 3;
/** How long readers may take for what all servers hold. */
const READ_MS_MAX = 20_000;
/** Time for what should not come any more. */
const AFTER_MS = 300;

const NOTHING = checkDelivery({ acked: [], posted: new Map(), readers: [] });

export interface DrillResult {
  readonly name: string;
  readonly seconds: number;
  /** From the healing to all servers being equal; undefined when it did not come to that. */
  readonly convergedMs: number | undefined;
  readonly delivery: DeliveryReport;
  /** What did not hold; empty when all is well. */
  readonly faults: readonly string[];
  readonly notes: readonly string[];
  /** The last of what each server printed, by name; only where something did not hold. */
  readonly outputs: Readonly<Record<string, string>>;
}

/** Runs one drill in a neighborhood of its own, which has ended when this resolves. */
export async function runDrill(drill: Drill): Promise<DrillResult> {
  const began = performance.now();
  const run = { name: drill.name, notes: [], outputs: {}, convergedMs: undefined };
  const took = (): number => (performance.now() - began) / 1000;
  try {
    await using hood = await DrillNeighborhood.open(drill.servers ?? SERVERS);
    return { ...run, ...(await runIn(hood, drill)), seconds: took() };
  } catch (error) {
    return { ...run, delivery: NOTHING, faults: [messageOf(error)], seconds: took() };
  }
}

async function runIn(
  hood: DrillNeighborhood,
  drill: Drill,
): Promise<Omit<DrillResult, "name" | "seconds">> {
  const faults: string[] = [];
  const attempt = async (step: () => Promise<void>): Promise<void> => {
    await step().catch((error: unknown) => faults.push(messageOf(error)));
  };
  let convergedMs: number | undefined;
  await attempt(() => drill.run(hood));
  await attempt(async () => {
    convergedMs = await checkpoint(hood);
  });
  const delivery = await checkEverything(hood);
  faults.push(...delivery.faults, ...hood.ledger.surprises);
  const outputs = faults.length === 0 ? {} : outputsOf(hood);
  return { convergedMs, delivery, faults, notes: hood.notes, outputs };
}

/**
 * Heals all links, ends all writing, and waits until everybody has everything.
 *
 * @returns How long that took, in ms.
 * @throws Error with what differs in the end.
 */
async function checkpoint(hood: DrillNeighborhood): Promise<number> {
  hood.links.restoreAll();
  const began = performance.now();
  await hood.stopWriting();
  await hood.settle();
  const convergedMs = Math.round(performance.now() - began);
  const [different] = await compareHistories(hood.members);
  if (different !== undefined) throw new Error(different);
  const { acked, posted } = hood.ledger;
  await waitFor("readers have everything", READ_MS_MAX, () => {
    const { lost, faults } = checkDelivery({ acked, posted, readers: hood.readers });
    return lost === 0 ? undefined : faults.join("; ");
  });
  return convergedMs;
}

/** What readers got, and what the first server holds, against what writers were told. */
async function checkEverything(hood: DrillNeighborhood): Promise<DeliveryReport> {
  await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
  const histories = await Promise.all(
    hood.members.slice(0, 1).map(async ({ name, url }) => {
      const pages = await Promise.all(hood.channels.map((channel) => readHistory(url, channel)));
      return { name: `the history of ${name}`, received: pages.flat() };
    }),
  ).catch(() => []);
  const { acked, posted } = hood.ledger;
  return checkDelivery({ acked, posted, readers: [...hood.readers, ...histories] });
}

function outputsOf(hood: DrillNeighborhood): Record<string, string> {
  return Object.fromEntries(hood.members.map(({ name, server }) => [name, server.output]));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
