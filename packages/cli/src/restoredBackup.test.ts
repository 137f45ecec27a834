import { eventually } from "@dred/testkit";
import { expect, test } from "vitest";
import { runDred } from "./__tests__/runDred.ts";
import { TestNeighborhood } from "./__tests__/TestNeighborhood.ts";

test("R2: with --new-epoch a restored backup continues no epoch, and what it lacks comes back", async () => {
  await using neighborhood = await TestNeighborhood.start(2);
  const first = neighborhood.clientOf("first");
  await first.createChannel("news");
  await first.postMessage("news", { type: "t", msg: "in the backup" });
  const before = neighborhood.serverOf("first").replica().origin;
  await neighborhood.stop("first");
  const backup = await neighborhood.backUp("first");
  await neighborhood.start("first");
  await first.postMessage("news", { type: "t", msg: "after the backup" });
  await neighborhood.stop("first");

  // Restored while nobody of its peers is there to tell that it forgot something.
  await neighborhood.restore("first", backup);
  await neighborhood.stop("second");
  const alone = { hosts: [], isEpochForced: true };
  const restored = await neighborhood.start("first", alone);
  await first.postMessage("news", { type: "t", msg: "after the restore" });
  await neighborhood.start("second");

  const { origin } = restored.replica();
  expect(origin).not.toBe(before);
  await eventually(async () => {
    const texts = (await first.history("news")).messages.map(({ msg }) => msg);
    expect(texts).toEqual(["in the backup", "after the backup", "after the restore"]);
    return true;
  }, 10_000);
  const verdict = await runDred("verify", "--url", neighborhood.urlOf("second"));
  expect(verdict.stdout).toBe("equal: 2 servers, 1 channel, 3 messages\n");

  await neighborhood.stop("first");
  const again = await neighborhood.start("first");
  expect(again.replica().origin).toBe(origin); // once is enough
}, 40_000);
