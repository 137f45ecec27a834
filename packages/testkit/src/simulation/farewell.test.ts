import { parseChannelName } from "@dred/protocol";
import { afterEach, expect, test } from "vitest";
import { Hood, readLines } from "./Hood.ts";

/* The last line of a listener. */

const NEWS = parseChannelName("news");

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

test("a listener gets bye as its last line, with the reason, when the server stops", async () => {
  const server = await hood.start("a");
  const replica = await hood.serving(server);
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  const lines = readLines(replica, NEWS);

  await hood.done(server.keeper.close(0));

  expect(lines.at(-1)).toMatchObject({ type: "bye", reason: "shutdown" });
});

test("a listener gets bye as its last line, with the reason, when the epoch ends", async () => {
  const server = await hood.start("a");
  const replica = await hood.serving(server);
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  const lines = readLines(replica, NEWS);

  server.disk.changeReplid();
  await hood.done(replica.ended);

  expect(lines.at(-1)).toMatchObject({ type: "bye", reason: "epoch" });
});
