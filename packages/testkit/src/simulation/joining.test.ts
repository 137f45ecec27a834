import { parseChannelName, parseServerId } from "@dred/protocol";
import { afterEach, expect, test } from "vitest";
import { Hood, urlOf } from "./Hood.ts";

/* When a server that comes to others may serve. */

const NEWS = parseChannelName("news");

let hood = new Hood();

afterEach(() => {
  hood.end();
  hood = new Hood();
});

test("a server is ready only when it has what its peer had when it came", async () => {
  const replica = await hood.serving(await hood.start("a"));
  await hood.done(replica.createChannel(NEWS, { options: {} }));
  for (let count = 0; count < 20; count++) {
    await hood.done(replica.post(NEWS, { type: "note", msg: "", ocid: `o${count}` }, ""));
  }

  const late = await hood.start("b", [{ id: parseServerId("a"), url: urlOf("a") }]);
  late.disk.faultOf = (operation) => (operation === "commit" ? "unreachable" : "none");
  await hood.pass(8_000);
  expect(late.keeper.current().readiness()).toMatchObject({ isReady: false, entriesMissing: 20 });

  late.disk.faultOf = () => "none";
  const joined = await hood.serving(late);
  expect(joined.channel(NEWS)?.count).toBe(20);
});
