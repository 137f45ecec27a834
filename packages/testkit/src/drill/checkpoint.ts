import { checkDelivery } from "./checkDelivery.ts";
import type { DrillNeighborhood } from "./DrillNeighborhood.ts";
import { runDred } from "./runDred.ts";
import { waitFor } from "./waitFor.ts";

/** How long readers may take for what all servers hold. */
const READ_MS_MAX = 20_000;

/**
 * Heals all links, ends all writing, and waits until everybody has everything.
 *
 * @returns How long that took, in ms.
 * @throws Error with what differs in the end.
 */
export async function checkpoint(hood: DrillNeighborhood): Promise<number> {
  hood.links.restoreAll();
  const began = performance.now();
  await hood.stopWriting();
  await hood.settle();
  const convergedMs = Math.round(performance.now() - began);
  await runDred("verify", "--url", hood.members[0]?.url ?? "");
  const { acked, posted } = hood.ledger;
  await waitFor("readers have everything", READ_MS_MAX, () => {
    const { lost, faults } = checkDelivery({ acked, posted, readers: hood.readers });
    return lost === 0 ? undefined : faults.join("; ");
  });
  return convergedMs;
}
