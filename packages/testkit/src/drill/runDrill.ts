import { checkpoint } from "./checkpoint.ts";
import { checkDelivery } from "./checkDelivery.ts";
import type { Delivered, DeliveryReport } from "./checkDelivery.ts";
import { readHistory } from "./compareServers.ts";
import type { Drill } from "./Drill.ts";
import { DrillNeighborhood } from "./DrillNeighborhood.ts";
import type { Member } from "./Member.ts";

const SERVERS = 3;
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

/** What readers got, and what each server holds, against what writers were told. */
async function checkEverything(hood: DrillNeighborhood): Promise<DeliveryReport> {
  await new Promise((resolve) => setTimeout(resolve, AFTER_MS));
  const { acked, posted } = hood.ledger;
  const histories = await Promise.all(hood.members.map((member) => historyOf(hood, member)));
  const report = checkDelivery({ acked, posted, readers: [...hood.readers, ...histories] });
  const orders = histories.map(({ received }) => received.map(({ mid }) => mid).join(" "));
  if (orders.every((order) => order === orders[0])) return report;
  return { ...report, faults: [...report.faults, "histories have other messages or orders (R8)"] };
}

/** A server's history as a reader of its own; one that does not answer lost everything. */
async function historyOf(hood: DrillNeighborhood, { name, url }: Member): Promise<Delivered> {
  const pages = hood.channels.map((channel) => readHistory(url, channel).catch(() => []));
  return { name: `the history of ${name}`, received: (await Promise.all(pages)).flat() };
}

function outputsOf(hood: DrillNeighborhood): Record<string, string> {
  return Object.fromEntries(hood.members.map(({ name, server }) => [name, server.output]));
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
