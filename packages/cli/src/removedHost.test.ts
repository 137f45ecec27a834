import { eventually } from "@dred/testkit";
import { expect, test } from "vitest";
import { runDred } from "./__tests__/runDred.ts";
import { TestNeighborhood } from "./__tests__/TestNeighborhood.ts";

test("a server that was removed ends with a sentence, and rejoins when it is started again", async () => {
  await using neighborhood = await TestNeighborhood.start(2);
  const first = neighborhood.clientOf("first");
  await first.createChannel("news");
  await neighborhood.clientOf("second").postMessage("news", { type: "t", msg: "of the second" });
  const failed = neighborhood.serverOf("second").failed;

  const removed = await runDred("hosts", "remove", "second", "--url", neighborhood.urlOf("first"));

  expect(removed).toEqual({ code: 0, stdout: "removed second\n", stderr: "" });
  expect(await failed).toMatch(/removed/);
  expect((await first.hosts()).map(({ id }) => id)).toEqual(["first"]);

  await neighborhood.stop("second");
  await neighborhood.start("second");
  await eventually(async () => {
    const states = (await first.hosts()).map(({ id, state }) => `${id} ${state}`);
    expect(states).toEqual(["first self", "second connected"]);
    return true;
  }, 10_000);
  const verdict = await runDred("verify", "--url", neighborhood.urlOf("first"));
  expect(verdict.stdout).toBe("equal: 2 servers, 1 channel, 1 message\n");
}, 40_000);

test("a server that was removed while it was away rejoins when it is started again", async () => {
  await using neighborhood = await TestNeighborhood.start(2);
  const first = neighborhood.clientOf("first");
  await neighborhood.stop("second");
  await runDred("hosts", "remove", "second", "--url", neighborhood.urlOf("first"));
  expect((await first.hosts()).map(({ id }) => id)).toEqual(["first"]);

  await neighborhood.start("second");
  const failed = neighborhood.serverOf("second").failed;

  const joined = eventually(async () => {
    const states = (await first.hosts()).map(({ id, state }) => `${id} ${state}`);
    expect(states).toEqual(["first self", "second connected"]);
    return "joined";
  }, 10_000);
  expect(await Promise.race([failed, joined])).toBe("joined");
}, 40_000);
