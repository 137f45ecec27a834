import { afterEach, beforeEach, describe } from "vitest";
import { describeCommits } from "./storeCommitContract.ts";
import { describeDamage } from "./storeDamageContract.ts";
import { describeFaults } from "./storeFaultContract.ts";
import { describeOpening } from "./storeOpeningContract.ts";
import { describeReading } from "./storeReadingContract.ts";
import { describeRemoval } from "./storeRemovalContract.ts";
import { describeShortening } from "./storeShorteningContract.ts";
import { describeWindows } from "./storeWindowContract.ts";
import { StoreSubject } from "./StoreSubject.ts";
import type { StoreHarness } from "./StoreSubject.ts";

/**
 * What every store must do. Adapters run it with a disk of their own for each test.
 *
 * @param name The adapter, for people.
 */
export function describeStoreContract(
  name: string,
  createHarness: () => Promise<StoreHarness>,
): void {
  describe(`${name} as a store`, () => {
    const subject = new StoreSubject(createHarness);
    beforeEach(() => subject.renew());
    afterEach(() => subject.close());

    describeOpening(subject);
    describeCommits(subject);
    describeReading(subject);
    describeRemoval(subject);
    describeFaults(subject);
    describeDamage(subject);
    describeShortening(subject);
    describeWindows(subject);
  });
}
