import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { dred, DredProcess, freePorts } from "./__tests__/dredProcess.ts";
import type { DredOptions } from "./__tests__/dredProcess.ts";
import { findRedisProgram } from "./dev/redisProgram.ts";

/** Where neither a Redis nor anything else is found but what the test names. */
const noPath = { PATH: "/nowhere" };
const running: DredProcess[] = [];

function start(words: readonly string[], options: DredOptions = {}): DredProcess {
  const started = new DredProcess(words, options);
  running.push(started);
  return started;
}

afterEach(async () => {
  for (const each of running) each.kill("SIGKILL");
  await Promise.all(running.splice(0).map((each) => each.outcome()));
});

describe("dred as a client of a neighborhood", () => {
  let dev: DredProcess;
  let first: string;
  let third: string;

  beforeAll(async () => {
    const port = await freePorts(3);
    first = `http://127.0.0.1:${port}`;
    third = `http://127.0.0.1:${port + 2}`;
    dev = new DredProcess(["dev", "--port", String(port)], { environment: noPath });
    await dev.says("Ctrl-C ends all servers.");
  });

  afterAll(async () => {
    dev.kill("SIGINT");
    const { code, stderr } = await dev.outcome();
    if (code !== 0) throw new Error(`dred dev ended with ${code}: ${stderr}`);
  });

  test("what is posted on the third server is printed by a listener of the first", async () => {
    expect(await dred(["create", "lobby", "--url", first])).toMatchObject({
      code: 0,
      stdout: "created lobby\n",
    });
    const listener = start(["listen", "lobby", "--url", first]);
    await listener.says("listening to lobby");

    const posted = await dred(["post", "lobby", "hello", "--url", third]);
    await listener.says('"msg":"hello"');
    listener.kill("SIGINT");

    const { code, stdout, stderr } = await listener.outcome();
    const message = JSON.parse(stdout) as { readonly mid: string };
    expect(posted).toMatchObject({ code: 0, stdout: `posted ${message.mid}\n` });
    expect({ code, stderr }).toEqual({ code: 0, stderr: "listening to lobby\n" });
  });

  test("each line of the input is a message, in order, and history begins at the start", async () => {
    await dred(["create", "lines", "--url", first]);

    const posted = await dred(["post", "lines", "-", "--url", first], { input: "a\nb\n\nc" });
    const listener = start(["listen", "lines", "--since", "start", "--url", third]);
    await listener.says('"msg":"c"');

    expect(posted).toMatchObject({ code: 0, stdout: "posted 3 messages\n" });
    const lines = listener.stdout.trim().split("\n");
    const texts = lines.map((line) => (JSON.parse(line) as { readonly msg: string }).msg);
    expect(texts).toEqual(["a", "b", "c"]);
  });

  test("who stops reading its output ends it without a word", async () => {
    await dred(["create", "pipe", "--url", first]);
    const listener = start(["listen", "pipe", "--url", first]);
    await listener.says("listening to pipe");

    listener.stopReading();
    await dred(["post", "pipe", "unread", "--url", first]);

    const { code, stderr } = await listener.outcome();
    expect({ code, stderr }).toEqual({ code: 0, stderr: "listening to pipe\n" });
  });

  test("the same ocid again is no second message, and other content is refused", async () => {
    await dred(["create", "once", "--url", first]);
    const post = ["post", "once", "--ocid", "mine", "--url", first];

    await dred([...post, "a"]);

    expect((await dred([...post, "a"])).stdout).toContain("had been posted already");
    const refused = await dred([...post, "b"]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^dred: .*ocid/);
  });

  test("the server is also named by DRED_URL, and --json is one JSON value", async () => {
    const environment = { DRED_URL: first };

    const hosts = await dred(["hosts", "--json"], { environment });
    const status = await dred(["status"], { environment });

    expect(JSON.parse(hosts.stdout)).toMatchObject([
      { id: "first", state: "self" },
      { id: "second", state: "connected" },
      { id: "third", state: "connected" },
    ]);
    expect(status.stdout).toContain("first is ready");
  });

  test("what a server refuses is one sentence and exit code 1", async () => {
    expect(await dred(["info", "nowhere", "--url", first])).toEqual({
      code: 1,
      stdout: "",
      stderr: "dred: channel not found\n",
    });
  });
});

describe("dred without a server", () => {
  test.each([
    [["nonsense"], "unknown command 'nonsense'"],
    [["post"], "missing required argument 'CHANNEL'"],
    [["channels", "--nope"], "unknown option '--nope'"],
    [["channels", "--url", "nowhere"], "--url"],
    [["dev", "--servers", "11"], "--servers must be 1 to 10"],
  ])("%j is a wrong usage: exit code 2 and a sentence", async (words, sentence) => {
    const { code, stdout, stderr } = await dred(words);

    expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
    expect(stderr).toContain(sentence);
    expect(stderr).not.toContain("    at ");
  });

  test("help is asked for, not an error", async () => {
    const { code, stdout } = await dred(["serve", "--help"]);

    expect(code).toBe(0);
    expect(stdout).toContain("DRED_SERVER_ID");
  });

  test("a server that is not there is named, with what to do", async () => {
    const port = await freePorts(1);

    const { code, stderr } = await dred(["channels", "--url", `http://127.0.0.1:${port}`]);

    expect(code).toBe(1);
    expect(stderr).toMatch(/^dred: .*ECONNREFUSED.*dred dev.*\n$/);
  });
});

describe("dred serve", () => {
  const words = (port: number): readonly string[] =>
    `serve --server-id first --neighborhood nb1 --store memory: --port ${port}`.split(" ");

  test("prints one line when it listens, and exits 0 on SIGTERM", async () => {
    const port = await freePorts(1);
    const server = start(words(port));
    await server.says(`first listens on http://127.0.0.1:${port}`);

    server.kill("SIGTERM");

    const { code, stdout } = await server.outcome();
    expect(code).toBe(0);
    expect(stdout.trim().split("\n")).toHaveLength(1);
  });

  test("says that it begins a new epoch as it was told, and under which origin", async () => {
    const port = await freePorts(1);
    const server = start([...words(port), "--new-epoch"]);

    await server.says("a new epoch was begun, as --new-epoch says (first.");
  });

  test("a port in use is one clear sentence and exit code 1", async () => {
    const port = await freePorts(1);
    const before = start(words(port));
    await before.says("first listens on");

    const { code, stdout, stderr } = await dred(words(port));

    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(`dred: port ${port} on 127.0.0.1 is in use`);
    expect(stderr).not.toContain("    at ");
  });

  test("of several servers, too, whichever has it", async () => {
    const port = await freePorts(3);
    const before = start(words(port + 1));
    await before.says("first listens on");

    const { code, stderr } = await dred(["dev", "--port", String(port)]);

    expect(code).toBe(1);
    expect(stderr).toContain(`dred: port ${port + 1} on 127.0.0.1 is in use`);
  });

  test("all that is wrong with the options is told at once", async () => {
    const { code, stderr } = await dred(["serve", "--port", "x", "--store", "redis://r:6379/0"]);

    expect(code).toBe(1);
    expect(stderr).toContain('--port "x"');
    expect(stderr).toContain("names database 0");
    expect(stderr).toContain("--server-id is missing");
  });
});

describe.skipIf(findRedisProgram() === undefined)("dred dev with a Redis of its own", () => {
  let directory: string;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), "dred-dev-"));
  });

  afterAll(async () => {
    await rm(directory, { recursive: true, force: true });
  });

  test("a dev that was killed leaves no second Redis, and its messages are there again", async () => {
    const port = await freePorts(1);
    const url = `http://127.0.0.1:${port}`;
    const words = ["dev", "--servers", "1", "--port", String(port)];
    const killed = start(words, { directory });
    await killed.says("Ctrl-C ends all servers.");
    await dred(["create", "lobby", "--url", url]);
    await dred(["post", "lobby", "kept", "--url", url]);
    const leftover = redisOf(directory);
    killed.kill("SIGKILL");
    await killed.outcome();

    const next = start(words, { directory });
    await next.says("Ctrl-C ends all servers.");
    const listener = start(["listen", "lobby", "--since", "start", "--url", url]);
    await listener.says('"msg":"kept"');

    const redis = redisOf(directory);
    expect(isAlive(leftover)).toBe(false);
    next.kill("SIGINT");
    expect((await next.outcome()).code).toBe(0);
    expect(isAlive(redis)).toBe(false);
  }, 40_000);
});

/** The process id of the Redis that a `dred dev` noted. */
function redisOf(directory: string): number {
  const note = readFileSync(join(directory, ".dred", "owner.json"), "utf8");
  return (JSON.parse(note) as { readonly redis: number }).redis;
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
