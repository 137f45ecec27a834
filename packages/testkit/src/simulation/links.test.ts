import { parseChannelName, parseServerId } from "@dred/protocol";
import type { OriginId } from "@dred/protocol";
import type { Replica } from "@dred/server";
import { afterEach, describe, expect, test } from "vitest";
import { Hood, urlOf } from "./Hood.ts";
import type { Host, HoodServer } from "./Hood.ts";

/* Faults of lines between three servers, and what the links make of them. */

const NEWS = parseChannelName("news");
const hostOf = (name: string): Host => ({ id: parseServerId(name), url: urlOf(name) });

let hood = new Hood();
let posts = 0;

afterEach(() => {
  hood.end();
  hood = new Hood();
});

interface Three {
  readonly servers: readonly [HoodServer, HoodServer, HoodServer];
  readonly replicas: readonly [Replica, Replica, Replica];
}

/** The servers a, b and c, linked, with a channel. */
async function three(): Promise<Three> {
  const start = (name: string): Promise<HoodServer> => startAmong(name, ["a", "b", "c"]);
  const servers = [await start("a"), await start("b"), await start("c")] as const;
  const [a, b, c] = servers;
  const replicas = [await hood.serving(a), await hood.serving(b), await hood.serving(c)] as const;
  await link(replicas);
  return { servers, replicas };
}

function startAmong(name: string, all: readonly string[]): Promise<HoodServer> {
  const others = all.filter((other) => other !== name);
  return hood.start(
    name,
    others.map((other) => hostOf(other)),
  );
}

/** Resolves when all are linked and hold the first message of a channel that the first created. */
async function link(replicas: readonly [Replica, ...Replica[]]): Promise<void> {
  await hood.until(() => replicas.every((each) => connected(each) === replicas.length - 1));
  await hood.done(replicas[0].createChannel(NEWS, { options: {} }));
  await hood.until(() => replicas.every((replica) => replica.channel(NEWS) !== undefined));
  await post(replicas[0]);
  await hood.until(() => replicas.every((replica) => countOf(replica, replicas[0].origin) === 1));
}

function connected(replica: Replica): number {
  return replica.hosts().filter(({ state }) => state === "connected").length;
}

function post(replica: Replica, msg = ""): Promise<unknown> {
  return hood.done(replica.post(NEWS, { type: "note", msg, ocid: `o${posts++}` }, ""));
}

function statusOf(replica: Replica, origin: OriginId): { count: number; source?: string } {
  const found = replica.replication().origins.find((status) => status.origin === origin);
  return found ?? { count: 0 };
}

const countOf = (replica: Replica, origin: OriginId): number => statusOf(replica, origin).count;
const sourceOf = (replica: Replica, origin: OriginId): string | undefined =>
  statusOf(replica, origin).source;

/** How many entries reached a server so far. */
const received = (name: string): number => hood.network.entriesReceived.get(name) ?? 0;

/** Posts at `replica` each 50 ms while time passes, until the condition holds. */
async function posting(replica: Replica, until: () => boolean, msMax: number): Promise<void> {
  const endMs = hood.clock.now() + msMax;
  while (!until()) {
    if (hood.clock.now() > endMs) throw new Error(`it did not come about within ${msMax} ms`);
    void replica.post(NEWS, { type: "note", msg: "", ocid: `o${posts++}` }, "");
    await hood.pass(50);
  }
}

describe("a cut line", () => {
  const ways: readonly (readonly [string, readonly (readonly [string, string])[]])[] = [
    ["both ways", [["a", "b"], ["b", "a"]]], // prettier-ignore
    ["from the origin", [["a", "b"]]],
    ["towards the origin", [["b", "a"]]],
  ];

  test.each(ways)(
    "R11: %s: entries flow through a third server within 3 s, and directly after healing",
    async (_, cuts) => {
      const { replicas } = await three();
      const [a, b] = replicas;
      await posting(a, () => countOf(b, a.origin) > 20, 5_000);
      const before = received("b");
      const heldBefore = countOf(b, a.origin);
      for (const [from, to] of cuts) hood.network.cut(from, to);
      const heldAtCut = countOf(a, a.origin);

      await posting(a, () => countOf(b, a.origin) > heldAtCut + 1, 3_000);
      await posting(a, () => sourceOf(b, a.origin) === "c", 20_000);
      hood.network.healAll();
      await posting(a, () => sourceOf(b, a.origin) === "a", 12_000); // under load
      await hood.until(() => countOf(b, a.origin) === countOf(a, a.origin));

      const entries = countOf(b, a.origin) - heldBefore;
      expect((received("b") - before) / entries).toBeLessThan(1.2); // R9
    },
  );

  test.each([1, 2, 3, 4, 5, 6, 7, 8])(
    "R11: what only one of three others reaches flows to all through it within 3 s (seed %i)",
    async (seed) => {
      hood = new Hood(seed);
      const names = ["a", "b", "c", "d"];
      const replicas: Replica[] = [];
      for (const name of names) replicas.push(await hood.serving(await startAmong(name, names)));
      const [a, b, c, d] = replicas as [Replica, Replica, Replica, Replica];
      await link([d, a, b, c]);
      await posting(d, () => countOf(a, d.origin) > 20, 5_000);

      for (const other of ["a", "b"]) {
        hood.network.cut("d", other);
        hood.network.cut(other, "d");
        hood.network.resetConnections(other, "d"); // a and b may well take each other as their source
      }
      const atCut = countOf(d, d.origin);

      const isThrough = () => [a, b].every((replica) => countOf(replica, d.origin) > atCut + 1);
      await posting(d, isThrough, 3_000);
    },
  );

  test("a half-open line is noticed within 8 s, and dialled again", async () => {
    const { replicas } = await three();
    const [a, b] = replicas;
    hood.network.freeze("a", "b");
    hood.network.freeze("b", "a");

    await hood.until(() => connected(b) === 1, 8_000);
    await hood.until(() => connected(a) === 1, 1_000);
    hood.network.healAll();
    await hood.until(() => connected(b) === 2, 8_000);
  });
});

describe("a slow line", () => {
  test("R9: 20 MB through 1 MB/s enter once: slow is not dead, though another has it all", async () => {
    const { replicas } = await three();
    const [a, b, c] = replicas;
    hood.network.slow("a", "b", 1_000_000);
    const msg = "x".repeat(20_000);
    for (let count = 0; count < 1_000; count++) {
      void a.post(NEWS, { type: "note", msg, ocid: `o${posts++}` }, "");
    }
    await hood.until(() => countOf(c, a.origin) === 1_001, 5_000);
    expect(countOf(b, a.origin)).toBeLessThan(500);

    await hood.until(() => countOf(b, a.origin) === 1_001, 40_000);

    expect(received("b")).toBeLessThanOrEqual(1.05 * 1_001);
    expect(received("c")).toBeLessThanOrEqual(1.05 * 1_001);
    expect(sourceOf(b, a.origin)).toBe("a");
  });

  test("R9: a frame that takes 5 s to arrive is not asked of another meanwhile", async () => {
    const { replicas } = await three();
    const [a, b, c] = replicas;
    hood.network.slow("a", "b", 200_000);
    for (let count = 0; count < 4; count++) await post(a, "x".repeat(1_000_000));
    await hood.until(() => countOf(c, a.origin) === 5);

    await hood.until(() => countOf(b, a.origin) === 5, 60_000);

    expect(received("b")).toBe(5);
  });
});

describe("a server that closes", () => {
  test("waits for a peer whose link was just lost, until it has what was posted here", async () => {
    const { servers, replicas } = await three();
    const [a, b, c] = replicas;
    for (const from of ["b", "c"]) {
      hood.network.cut(from, "a");
      hood.network.cut("a", from);
    }
    hood.network.resetConnections("a");
    await hood.pass(1_000);
    await post(a);
    expect(connected(a)).toBe(0);

    hood.clock.after(3_000, () => hood.network.healAll());
    await hood.done(servers[0].keeper.close(10_000));

    await hood.until(() => countOf(b, a.origin) === 2 && countOf(c, a.origin) === 2, 5_000);
  });

  test("waits for nobody when a peer held everything before its link was lost", async () => {
    const { servers, replicas } = await three();
    await post(replicas[0]);
    await hood.pass(2_000);
    const beganMs = hood.clock.now();
    hood.network.kill(urlOf("b"), "b");
    hood.network.kill(urlOf("c"), "c");
    await hood.done(servers[0].keeper.close(10_000));

    expect(hood.clock.now() - beganMs).toBeLessThan(1_000);
  });

  test("waits for nobody when its peers have said goodbye", async () => {
    const { servers, replicas } = await three();
    await hood.done(servers[1].keeper.close(10_000));
    await hood.done(servers[2].keeper.close(10_000));
    await hood.pass(1_000);
    await post(replicas[0]);
    const beganMs = hood.clock.now();
    await hood.done(servers[0].keeper.close(10_000));

    expect(hood.clock.now() - beganMs).toBeLessThan(1_000);
  });
});

describe("one serverId", () => {
  test("R2: comes back with another store while its old link still hangs: it is let in", async () => {
    const { servers, replicas } = await three();
    const [a, , c] = replicas;
    servers[1].clock.kill();
    hood.network.resetOneEnd("b"); // its host is gone, and nobody is told
    expect([connected(a), connected(c)]).toEqual([2, 2]);

    const again = await hood.start("b", [hostOf("a"), hostOf("c")]);

    await hood.until(() => connected(again.keeper.current()) === 2, 8_000);
    await hood.until(() => connected(a) === 2 && connected(c) === 2, 8_000);
    await hood.until(() => countOf(again.keeper.current(), a.origin) === 1);
  });

  test("R2: a second live store under it is refused with a sentence; the first goes on", async () => {
    const { replicas } = await three();
    const [a, b] = replicas;
    const second = await hood.start("b", [hostOf("a")], { urls: [] });

    const sentence = await hood.done(second.keeper.refused);

    expect(sentence).toContain("--server-id");
    await hood.pass(3_000);
    expect([connected(a), connected(b)]).toEqual([2, 2]);
    await post(b);
    await hood.until(() => countOf(a, b.origin) === 1);
  });
});
