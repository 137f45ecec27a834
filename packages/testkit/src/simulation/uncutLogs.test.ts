import { parseChannelName } from "@dred/protocol";
import type { Entry } from "@dred/protocol";
import type { DiskFault, DiskOperation, Replica } from "@dred/server";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { channelOn, Hood, parkedOn, readLines, urlOf } from "./Hood.ts";
import type { HoodServer } from "./Hood.ts";

/* A store that has no memory to cut a damaged log: that log waits for it, and nothing else. */

const NEWS = parseChannelName("news");
const OTHER = parseChannelName("other");
const LIFETIME_MS = 10_000;
/** A log that cannot be written is looked at again every 30 s, and then pulled again. */
const HEALED_MS_MAX = 70_000;
const ALL = ["a1", "a2", "a3"];

let hood: Hood;
let first: HoodServer;
let second: HoodServer;
let a: Replica;
let b: Replica;

beforeEach(async () => {
  hood = new Hood();
  ({ first, second, a, b } = await hood.startPair());
  await hood.done(a.createChannel(NEWS, { options: {} }));
  await hood.done(a.createChannel(OTHER, { options: { messageLifetime: LIFETIME_MS } }));
  for (const ocid of ALL) await post(a, ocid);
  await hood.until(() => b.channel(NEWS)?.count === 3 && b.channel(OTHER) !== undefined);
});
afterEach(() => hood.end());

const post = (replica: Replica, ocid: string, name = NEWS): Promise<string> =>
  hood.post(replica, name, ocid);

function logOn(server: HoodServer, { origin }: Replica, name = NEWS): Entry[] {
  return channelOn(server, name).logs.get(origin) ?? [];
}

/** What a store whose memory is nearly used refuses. */
const cannotCut = (operation: DiskOperation): DiskFault =>
  operation === "shorten" ? "full" : "none";
const canAll = (): DiskFault => "none";

/** Something that was written by hand behind a log's end. */
function addBehind(log: Entry[]): void {
  const last = log.at(-1);
  if (last === undefined) throw new Error("the log holds nothing");
  log.push({ ts: last.ts + 100, seq: last.seq + 5, line: "{}", chain: "0" });
}

describe("a log that cannot be cut for lack of memory", () => {
  test("R12: is parked alone, and heals when there is room", async () => {
    logOn(second, a).splice(1, 1);
    let tries = 0;
    second.disk.faultOf = (operation) => {
      if (operation === "shorten") tries++;
      return cannotCut(operation);
    };
    const lines = readLines(b, NEWS, { kind: "start" });
    await expect(hood.ocids(b, NEWS)).rejects.toMatchObject({ code: "store-damaged" });
    await hood.pass(5_000);

    expect(parkedOn(b)).toEqual(["damaged"]);
    expect(tries).toBe(1);
    expect(logOn(second, a)).toHaveLength(2);
    expect(await post(b, "b1")).toBe("created");
    await post(a, "o1", OTHER);
    await hood.until(() => b.channel(OTHER)?.count === 1, 2_000);
    await post(a, "a4");

    second.disk.faultOf = canAll;
    await hood.until(() => parkedOn(b).length === 0, HEALED_MS_MAX);

    expect(await hood.ocids(b, NEWS)).toEqual([...ALL, "b1", "a4"]);
    const ocids = lines.filter(({ type }) => type === "note").map(({ ocid }) => ocid);
    expect(ocids).toHaveLength(5);
    expect(new Set(ocids)).toEqual(new Set([...ALL, "a4", "b1"]));
  });

  test("R12: with something behind its end hinders no start, and heals when there is room", async () => {
    second.kill();
    addBehind(logOn(second, a));
    second.disk.faultOf = cannotCut;

    second = await hood.start("second", [{ url: urlOf("first") }], { disk: second.disk });
    b = await hood.serving(second);

    expect(await hood.ocids(b, NEWS)).toEqual(ALL);
    expect(await post(b, "b1")).toBe("created");
    await post(a, "a4");
    await hood.pass(5_000);
    expect(parkedOn(b)).toEqual(["damaged"]);

    second.disk.faultOf = canAll;
    await hood.until(() => parkedOn(b).length === 0, HEALED_MS_MAX);
    expect(await hood.ocids(b, NEWS)).toEqual([...ALL, "b1", "a4"]);
  });

  test("R2: ends its epoch where the server writes it itself, and posts go on", async () => {
    second.kill();
    await post(a, "a4");
    first.kill();
    addBehind(logOn(first, a));
    first.disk.faultOf = cannotCut;

    first = await hood.start("first", [{ url: urlOf("second") }], { disk: first.disk });
    const later = await hood.serving(first);
    await hood.until(() => first.keeper.current().origin !== a.origin);

    expect(later.origin).not.toBe(a.origin);
    expect(await post(later, "n1")).toBe("created");
    expect(await hood.ocids(later, NEWS)).toEqual([...ALL, "a4", "n1"]);
  });

  test("R5: loses what is dead of it all the same", async () => {
    for (const ocid of ["o1", "o2", "o3"]) await post(a, ocid, OTHER);
    await hood.until(() => b.channel(OTHER)?.count === 3);
    logOn(second, a, OTHER).splice(1, 1);
    second.disk.faultOf = cannotCut;
    await expect(hood.ocids(b, OTHER)).rejects.toMatchObject({ code: "store-damaged" });

    await hood.until(() => logOn(second, a, OTHER).length === 0, 60_000);

    await hood.until(() => parkedOn(b).length === 0, HEALED_MS_MAX);
  });
});
