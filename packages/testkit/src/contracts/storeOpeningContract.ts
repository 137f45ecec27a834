import { parseNeighborhood, parseServerId, START } from "@dred/protocol";
import { describe, expect, test } from "vitest";
import { commitOf, entriesAfter, news } from "./storeSamples.ts";
import { codeOf } from "./StoreSubject.ts";
import type { StoreSubject } from "./StoreSubject.ts";

/** Opening a store: whose it is, which epoch it continues, and the lease. */
export function describeOpening(subject: StoreSubject): void {
  describe("open", () => {
    test("R2: an empty store mints an epoch, an unbroken one continues it", async () => {
      const before = await subject.open();
      await before.close();

      const after = await subject.open({ instance: "two" });

      expect(subject.minted).toEqual([undefined]);
      expect(after.epoch).toBe(before.epoch);
      expect(after.storeId).toBe(before.storeId);
      expect(after.storeId).toMatch(/^[0-9a-f]{16}$/);
    });

    test("R2: a store that forgot something mints an epoch above its own", async () => {
      const before = await subject.open();

      const after = await subject.open({ isEpochLost: true });

      expect(subject.minted).toEqual([undefined, before.epoch]);
      expect(after.epoch).not.toBe(before.epoch);
      expect(after.storeId).toBe(before.storeId);
    });

    test("a flushed store is a new one", async () => {
      const before = await subject.open();
      await subject.harness.flush();

      const after = await subject.open();

      expect(after.storeId).not.toBe(before.storeId);
      expect(after.epoch).not.toBe(before.epoch);
    });

    test("refuses a store that another process renews", async () => {
      const session = await subject.open();
      const renewing = setInterval(() => {
        session.renew(subject.options).catch(() => clearInterval(renewing));
      }, subject.harness.leaseMs / 5);

      const refusal = subject.open({ instance: "two" });

      await expect(refusal).rejects.toThrow(/already running on this store/);
      await expect(refusal).rejects.toMatchObject({ code: "store-refused" });
      clearInterval(renewing);
      await session.renew(subject.options);
    });

    test("takes a store over when its owner stopped renewing, and fences it", async () => {
      const gone = await subject.open();

      const taken = await subject.open({ instance: "two" });

      expect(taken.epoch).toBe(gone.epoch);
      expect(await codeOf(gone.renew(subject.options))).toBe("store-fenced");
      await taken.renew(subject.options);
    });

    test("waits for nobody when the owner gave its lease back", async () => {
      const session = await subject.open();
      await session.close();
      const startedAt = performance.now();

      await subject.open({ instance: "two" });

      expect(performance.now() - startedAt).toBeLessThan(subject.harness.leaseMs);
    });

    test("refuses a store that belongs to another serverId", async () => {
      await (await subject.open()).close();

      const refusal = subject.open({ serverId: parseServerId("second"), instance: "two" });

      await expect(refusal).rejects.toThrow(/belongs to serverId first/);
      await expect(refusal).rejects.toMatchObject({ code: "store-refused" });
    });

    test("keeps neighborhoods on one disk apart", async () => {
      const session = await subject.openNews();
      await session.commit(news, commitOf(entriesAfter(START, 1)), subject.options);

      const other = await subject.open({
        neighborhood: parseNeighborhood(`${subject.harness.neighborhood}-2`),
      });

      expect(await other.channels(subject.options)).toEqual([]);
      expect(other.storeId).not.toBe(session.storeId);
    });
  });
}
