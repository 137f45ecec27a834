import { eventually } from "@dred/testkit";
import { describe, expect, onTestFinished, test } from "vitest";
import { runDred } from "./__tests__/runDred.ts";
import { TestNeighborhood } from "./__tests__/TestNeighborhood.ts";

async function start(count: number): Promise<TestNeighborhood> {
  const neighborhood = await TestNeighborhood.start(count);
  onTestFinished(() => neighborhood[Symbol.asyncDispose]());
  return neighborhood;
}

/** Posts to a channel that it creates, on these servers in turn. */
async function fill(neighborhood: TestNeighborhood, on: readonly string[]): Promise<void> {
  const clients = on.map((name) => neighborhood.clientOf(name));
  await clients[0]?.createChannel("news");
  for (let number = 0; number < 20; number++) {
    await clients[number % clients.length]?.postMessage("news", { type: "t", msg: `m${number}` });
  }
}

/** Waits until all servers show the same heads. */
async function converged(neighborhood: TestNeighborhood): Promise<void> {
  await eventually(() => {
    const all = [...neighborhood.servers.values()].map((server) =>
      JSON.stringify(
        server
          .replica()
          .replication()
          .origins.filter(({ count }) => count > 0)
          .map(({ origin, count, digest }) => `${origin} ${count} ${digest}`)
          .sort(),
      ),
    );
    return new Set(all).size === 1;
  });
}

describe("dred verify", () => {
  test("R8: says in one line that servers are equal, and how much was compared", async () => {
    const neighborhood = await start(3);
    await fill(neighborhood, ["first", "second", "third"]);

    const verdict = await runDred("verify", "--url", neighborhood.urlOf("second"));

    expect(verdict).toEqual({
      code: 0,
      stdout: "equal: 3 servers, 1 channel, 20 messages\n",
      stderr: "",
    });
  });

  test("a log that one store lost is told, with the server that lacks it", async () => {
    const neighborhood = await start(2);
    await fill(neighborhood, ["first"]);
    await converged(neighborhood);
    const { origin } = neighborhood.serverOf("first").replica();
    const log = `KEY:{news~0}:log:${origin}`;
    await neighborhood.redis("second", "DEL", log);
    await neighborhood.redis("second", "SET", log, "no log"); // without this it would heal

    const verify = () => runDred("verify", "--url", neighborhood.urlOf("first"));
    const atOnce = await verify();
    await eventually(async () => {
      const { code, stdout } = await verify();
      expect(code).toBe(1);
      expect(stdout).toContain(`channel news ${origin}`);
      expect(stdout).toContain("second holds nothing");
      return true;
    }, 20_000);

    expect(atOnce.code).toBe(1);
    expect(atOnce.stdout).toContain("second");
  }, 40_000);

  test("R12: a log that is damaged alike in all stores is told, though it is equal", async () => {
    const neighborhood = await start(2);
    await fill(neighborhood, ["first"]);
    await converged(neighborhood);
    const { origin } = neighborhood.serverOf("first").replica();
    const log = `KEY:{news~0}:log:${origin}`;
    const ids = await neighborhood.redis<[string][]>("first", "XRANGE", log, "-", "+");
    const id = ids[10]?.[0] ?? expect.fail("the log holds too little");
    for (const name of neighborhood.servers.keys()) await neighborhood.redis(name, "XDEL", log, id);
    const verify = () => runDred("verify", "--url", neighborhood.urlOf("first"));
    await verify(); // reads the log: so the servers notice
    await eventually(() =>
      [...neighborhood.servers.values()].every((server) => {
        const { origins } = server.replica().replication();
        return origins.some((each) => each.origin === origin && each.parked.length > 0);
      }),
    );

    const { code, stdout } = await verify();

    expect(code).toBe(1);
    const where = "parked on first (damaged), second (damaged)";
    expect(stdout).toContain(`channel news ${origin}: ${where}; dred status tells more`);
  }, 60_000);

  test("an entry that was changed in one store does not fit its chain hash", async () => {
    const neighborhood = await start(2);
    await fill(neighborhood, ["first"]);
    await converged(neighborhood);
    const { origin } = neighborhood.serverOf("first").replica();
    const log = `KEY:{news~0}:log:${origin}`;
    const entries = await neighborhood.redis<[string, string[]][]>(
      "second",
      "XRANGE",
      log,
      "-",
      "+",
    );
    await neighborhood.redis("second", "DEL", log);
    for (const [id, fields] of entries) {
      const changed = fields.map((field) => field.replace('"m7"', '"forged"'));
      await neighborhood.redis("second", "XADD", log, id, ...changed);
    }

    const verdict = await runDred("verify", "--url", neighborhood.urlOf("first"));

    const position = entries[7]?.[0] ?? "";
    expect(verdict.code).toBe(1);
    expect(verdict.stdout).toContain(
      `channel news ${origin} at ${position}: the content does not fit the chain hash on second\n`,
    );
  });

  test("a server that is down is named, and the others are compared", async () => {
    const neighborhood = await start(3);
    await fill(neighborhood, ["first", "third"]);
    await converged(neighborhood);
    await neighborhood.stop("third");

    const verdict = await runDred("verify", "--url", neighborhood.urlOf("first"));

    expect(verdict.code).toBe(1);
    expect(verdict.stdout).toMatch(
      /^third cannot be compared: .*ECONNREFUSED.*\n1 server could not be compared; the others are equal: 2 servers, 1 channel, 20 messages\n$/,
    );
  });

  test("while posts go on, servers are compared up to what they held when it began", async () => {
    const neighborhood = await start(2);
    await fill(neighborhood, ["first", "second"]);
    const clients = ["first", "second"].map((name) => neighborhood.clientOf(name));
    let isPosting = true;
    const post = async (): Promise<void> => {
      while (isPosting) {
        await Promise.all(clients.map((each) => each.postMessage("news", { type: "t", msg: "x" })));
      }
    };
    const posting = post();

    const verdict = await runDred("verify", "--url", neighborhood.urlOf("first"));
    isPosting = false;
    await posting;

    expect(verdict).toMatchObject({ code: 0, stderr: "" });
    expect(verdict.stdout).toMatch(/^equal: 2 servers, 1 channel, \d+ messages\n$/);
  });

  test("a channel that one server does not have is told", async () => {
    const neighborhood = await start(2);
    await fill(neighborhood, ["first"]);
    await converged(neighborhood);
    await neighborhood.stop("second");
    await neighborhood.clientOf("first").createChannel("later");
    // Alone, and not to be reached by the first: it cannot hear of the channel.
    await neighborhood.start("second", { hosts: [], secret: "another secret than the first has" });

    const verdict = await runDred("verify", "--url", neighborhood.urlOf("first"), "--json");

    expect(verdict.code).toBe(1);
    expect(JSON.parse(verdict.stdout)).toMatchObject({
      isEqual: false,
      differences: [
        { detail: expect.stringContaining("the registry of channels") as string },
        { channel: "later", detail: "known to first, not to second" },
      ],
    });
  }, 40_000);
});
