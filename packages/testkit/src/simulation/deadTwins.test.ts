import { parseChannelName, parseServerId } from "@dred/protocol";
import type { Replica } from "@dred/server";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Hood, readLines, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* One message posted on both sides of a cut line, of which the earlier one dies first. */

const NEWS = parseChannelName("news");
const A = { id: parseServerId("a"), url: urlOf("a") };
const B = { id: parseServerId("b"), url: urlOf("b") };

let hood = new Hood();
let a: Replica;
let b: Replica;

beforeEach(async () => {
  hood = new Hood();
  const servers: HoodServer[] = [await hood.start("a", [B]), await hood.start("b", [A])];
  [a, b] = [await hood.serving(servers[0]!), await hood.serving(servers[1]!)];
  await hood.done(a.createChannel(NEWS, { options: { maxMessages: 2 } }));
  await hood.until(() => b.channel(NEWS) !== undefined);
});

afterEach(() => hood.end());

test("R8: history shows the twin that lives, on every server, removed or not", async () => {
  await twins();

  expect(await ocids(a)).toEqual(["twin", "o1", "o2"]);
  expect(await ocids(b)).toEqual(["twin", "o1", "o2"]);
  await hood.pass(6_000); // the earlier one is removed
  expect(await ocids(a)).toEqual(["twin", "o1", "o2"]);
  const late = await hood.serving(await hood.start("c", [B]));
  expect(await ocids(late)).toEqual(["twin", "o1", "o2"]);
});

test("R6: a reader that was shown the earlier one is not shown the later", async () => {
  const reader = readLines(a, NEWS, { kind: "start" });

  await twins();

  await hood.pass(1_000);
  expect(notesOf(reader)).toEqual(["twin", "o1", "o2"]);
});

test("P6: a reader that was only told of the earlier one's death is shown the later", async () => {
  const cursor = { kind: "vector", vector: new Map(), generation: 0 } as const;
  cut("a", "b");
  await post(a, "twin");
  await post(a, "o1");
  await post(a, "o2");
  const reader = readLines(a, NEWS, cursor);
  await hood.until(() => notesOf(reader).length === 2);
  expect(reader[0]).toMatchObject({ type: "gap", reason: "max" });

  await post(b, "twin");
  await heal();

  await hood.until(() => notesOf(reader).length === 3);
  expect(notesOf(reader)).toEqual(["o1", "o2", "twin"]);
});

test("R6: a twin that comes after all others have died is not shown to who had one of them", async () => {
  const short = parseChannelName("short");
  await hood.done(a.createChannel(short, { options: { messageLifetime: 20_000 } }));
  await hood.until(() => b.channel(short) !== undefined);
  const reader = readLines(a, short, { kind: "start" });
  const say = (replica: Replica, msg: string): Promise<unknown> =>
    hood.done(replica.post(short, { type: "note", msg, ocid: "twin" }, ""));

  cut("a", "b");
  await say(a, "other");
  await say(b, "same");
  hood.network.healAll();
  hood.network.resetConnections("a");
  await hood.until(() => notesOf(reader).length === 2);
  await hood.pass(27_000); // both have died and are removed
  const late = await hood.serving(await hood.start("c", [B]));
  await say(late, "same"); // it never heard of them
  await hood.until(() => a.channel(short)?.vector.size === 3);
  await hood.pass(500);

  expect(reader.map(({ msg }) => msg).filter((msg) => msg !== undefined)).toEqual([
    "other",
    "same",
  ]);
});

test("R6: a post with the content of any twin is its duplicate, wherever the other came first", async () => {
  const say = async (replica: Replica, msg: string): Promise<string> => {
    const message = { type: "note", msg, ocid: "twin" };
    return (await hood.done(replica.post(NEWS, message, ""))).status;
  };
  cut("a", "b");
  await say(a, "first");
  await say(b, "second");
  await heal();

  for (const replica of [a, b]) {
    expect([await say(replica, "first"), await say(replica, "second")]).toEqual([
      "duplicate",
      "duplicate",
    ]);
    await expect(say(replica, "third")).rejects.toMatchObject({ code: "ocid-conflict" });
  }
});

function cut(one: string, other: string): void {
  hood.network.cut(one, other);
  hood.network.cut(other, one);
}

/** One ocid on both, the earlier on `a`, where two more push it out. */
async function twins(): Promise<void> {
  cut("a", "b");
  await post(a, "twin");
  await hood.pass(100);
  await post(b, "twin");
  await hood.pass(100);
  await post(a, "o1");
  await post(a, "o2");
  await heal();
}

async function heal(): Promise<void> {
  hood.network.healAll();
  hood.network.resetConnections("a");
  await hood.until(() => [a, b].every((replica) => replica.channel(NEWS)?.vector.size === 2));
  await hood.pass(500);
}

async function post(replica: Replica, ocid: string): Promise<void> {
  await hood.done(replica.post(NEWS, { type: "note", msg: "", ocid }, ""));
}

const ocids = (replica: Replica): Promise<string[]> => hood.ocids(replica, NEWS);

function notesOf(lines: readonly Record<string, unknown>[]): unknown[] {
  return lines.filter(({ type }) => type === "note").map(({ ocid }) => ocid);
}
