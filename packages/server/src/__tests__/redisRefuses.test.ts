import { once } from "node:events";
import { connect } from "node:net";
import { eventually, mkClientFor } from "@dred/testkit";
import type { RedisProcess } from "@dred/testkit";
import { describe, expect, test } from "vitest";
import { BACK_MS_MAX, post, postUntilTaken, setUp, showsAll, textsOn } from "./ownRedis.ts";

/* What clients see, and what is lost (nothing), while Redis answers and refuses. */

/** The first line that Redis answers to a command without any before it, as a client would send. */
async function sendInline({ port }: RedisProcess, command: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  socket.write(`${command}\r\n`);
  try {
    const [answer] = (await once(socket, "data")) as [Buffer];
    return answer.toString();
  } finally {
    socket.destroy();
  }
}

/** What Redis takes a while to load: 20 ms for each of 300 keys, and it answers in between. */
const SLOWLY_LOADED = {
  "key-load-delay": "20000",
  "loading-process-events-interval-bytes": "1024",
};
const FILLING = "for i = 1, 300 do redis.call('SET', 'filling:' .. i, string.rep('x', 2048)) end";

/** A lease is renewed each second; then another epoch is opened. */
const NOTICED_MS_MAX = 5_000;

/** Does something to one key of the server's neighborhood, or what needs none. */
async function lose(redis: RedisProcess, command: string, key: string): Promise<void> {
  if (key === "") return void (await redis.send(command));
  const keys = (await redis.send("KEYS", `dred:*:${key}`)) as string[];
  expect(keys).toHaveLength(1);
  await redis.send(command, ...keys);
}

interface Refusal {
  readonly name: string;
  readonly settings?: Readonly<Record<string, string>>;
  begin(redis: RedisProcess): Promise<unknown>;
  end(redis: RedisProcess): Promise<unknown>;
  /** What a post is answered with meanwhile. */
  readonly codes: readonly string[];
}

const unavailable = ["outcome-unknown", "store-unavailable", "store-fenced", "not-ready"];

const refusals: readonly Refusal[] = [
  {
    name: "BUSY with a script that does not end",
    settings: { "busy-reply-threshold": "50" },
    begin: async (redis) => {
      void redis.send("EVAL", "while true do end", "0").catch(() => undefined);
      await eventually(async () => {
        return (await sendInline(redis, "PING")).startsWith("-BUSY");
      });
    },
    end: (redis) => sendInline(redis, "SCRIPT KILL"),
    codes: unavailable,
  },
  {
    name: "not answering: every command is held back",
    begin: (redis) => redis.send("CLIENT", "PAUSE", "60000", "ALL"),
    // CLIENT UNPAUSE would be held back, too.
    end: async (redis) => {
      await redis.kill();
      await redis.start();
    },
    codes: unavailable,
  },
  {
    name: "READONLY, demoted to a replica of nobody that answers",
    begin: (redis) => redis.send("REPLICAOF", "127.0.0.1", "1"),
    end: (redis) => redis.promote(),
    codes: unavailable,
  },
  {
    name: "MISCONF, unable to save",
    settings: { appendonly: "no", save: "3600 1" },
    begin: async (redis) => {
      await redis.loseDirectory();
      await redis.send("BGSAVE");
      await eventually(async () =>
        String(await redis.send("INFO", "persistence")).includes("rdb_last_bgsave_status:err"),
      );
    },
    end: (redis) => redis.send("CONFIG", "SET", "stop-writes-on-bgsave-error", "no"),
    codes: unavailable,
  },
  {
    name: "LOADING what it had saved, after a restart",
    settings: { appendonly: "no", rdbcompression: "no" },
    begin: async (redis) => {
      await redis.send("EVAL", FILLING, "0");
      await redis.send("SAVE");
      await redis.kill();
      void redis.start({ appendonly: "no", ...SLOWLY_LOADED }).catch(() => undefined);
      await eventually(async () => (await sendInline(redis, "PING")).startsWith("-LOADING"));
    },
    end: (redis) =>
      eventually(async () => (await sendInline(redis, "PING")).startsWith("+PONG"), BACK_MS_MAX),
    codes: unavailable,
  },
  {
    name: "NOAUTH, after its password was changed",
    begin: async (redis) => {
      await redis.send("ACL", "SETUSER", "default", "resetpass", ">other");
      await redis.sendAs("other", "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    },
    end: (redis) => redis.sendAs("other", "ACL", "SETUSER", "default", "nopass"),
    codes: [...unavailable, "store-refused"],
  },
];

describe("a Redis that refuses", () => {
  test.each(refusals)("R4: $name: loses nothing, and is taken back", async (refusal) => {
    const { server, redis } = await setUp(refusal.settings);
    expect(await post(server, "before")).toMatchObject({ status: 200 });

    await refusal.begin(redis);
    const during = await post(server, "during");
    expect(during.status).toBe(503);
    expect(refusal.codes).toContain(during.code);
    await refusal.end(redis);

    // The same post, until it is answered: it exists once, whatever became of the first try.
    await postUntilTaken(server, "during");
    await postUntilTaken(server, "after");
    await showsAll(server, ["after", "before", "during"]);
  });

  test("NOSCRIPT after SCRIPT FLUSH: the script is sent again, nobody notices", async () => {
    const { server, redis } = await setUp();
    await post(server, "before");

    await redis.send("SCRIPT", "FLUSH");

    expect(await post(server, "after")).toMatchObject({ status: 200 });
    expect(await textsOn(server)).toEqual(["before", "after"]);
  });
});

describe("a Redis that lost something under a running server", () => {
  const losses: readonly (readonly [name: string, command: string, key: string])[] = [
    ["its database", "FLUSHDB", ""],
    ["whose store it is", "DEL", "{server}:id"],
    ["the registry", "DEL", "{registry}:state"],
    ["the record of a channel", "DEL", "{news~0}:meta"],
    ["its own log", "DEL", "{news~0}:log:OWN"],
  ];

  test.each(losses)(
    "R2: %s: begins a new epoch, and gets everything back",
    async (_, command, part) => {
      const { first, server, redis } = await setUp();
      await post(server, "one");
      const epoch = server.server.replica().origin;
      await showsAll(first, ["one"]);

      await lose(redis, command, part.replace("OWN", epoch));

      await eventually(async () => {
        // What is missing is noticed when it is used next.
        await post(server, "two");
        await server.agent.post("/channel/more").send({});
        return server.server.replica().origin !== epoch;
      }, BACK_MS_MAX);
      await postUntilTaken(server, "two");
      await showsAll(server, ["one", "two"]);
      await showsAll(first, ["one", "two"]);
    },
  );
});

describe("a Redis that lost something under a server that nobody uses", () => {
  const losses: readonly (readonly [name: string, command: string, key: string])[] = [
    ["its database", "FLUSHDB", ""],
    ["whose store it is", "DEL", "{server}:id"],
    ["the registry", "DEL", "{registry}:state"],
  ];

  test.each(losses)(
    "R2: %s, while nobody uses it: is noticed with the next renewal of the lease",
    async (_, command, key) => {
      const { server, redis } = await setUp();
      const epoch = server.server.replica().origin;
      const lostMs = performance.now();

      await lose(redis, command, key);

      await eventually(() => server.server.replica().origin !== epoch, BACK_MS_MAX);
      expect(performance.now() - lostMs).toBeLessThan(NOTICED_MS_MAX);
      await eventually(async () => (await server.agent.get("/channel/news")).status === 200);
    },
  );
});

describe("a Redis without memory", () => {
  /** Nothing more fits. */
  async function fill(redis: RedisProcess): Promise<void> {
    const used = /used_memory:(\d+)/.exec(String(await redis.send("INFO", "memory")))?.[1];
    await redis.send("CONFIG", "SET", "maxmemory", String(Math.floor(Number(used) / 2)));
  }

  test("posts get 507; reading, deleting and expiry go on, and it takes posts when there is room", async () => {
    const { server, redis } = await setUp();
    await mkClientFor("second").createChannel("old", { expiresAt: Date.now() + 1_000 });
    await mkClientFor("second").createChannel("unwanted");
    await post(server, "before");
    await fill(redis);

    expect(await post(server, "full")).toEqual({ status: 507, code: "store-full" });
    expect(await textsOn(server)).toEqual(["before"]);
    const created = await server.agent.post("/channel/another").send({});
    expect(created.status).toBe(507);
    expect((await server.agent.delete("/channel/unwanted")).status).toBe(200);
    await eventually(async () => {
      const keys = (await redis.send("KEYS", "dred:*{unwanted~0}*")) as string[];
      return keys.length === 0;
    });
    await eventually(async () => (await server.agent.get("/channel/old")).status === 404, 20_000);
    await redis.send("CONFIG", "SET", "maxmemory", "0");

    await eventually(async () => (await post(server, "full")).status === 200, BACK_MS_MAX);
  });

  test("a server starts on it, shows what it has, and takes no posts", async () => {
    const { server, redis } = await setUp();
    await post(server, "before");
    await server.stop();
    await fill(redis);

    await server.start();

    expect(await textsOn(server)).toEqual(["before"]);
    expect(await post(server, "full")).toEqual({ status: 507, code: "store-full" });
  });
});
