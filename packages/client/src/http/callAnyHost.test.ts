import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { FakeServer } from "../__tests__/FakeServer.ts";
import { ManualClock } from "../__tests__/ManualClock.ts";
import { StaticHostDiscovery } from "../discovery/StaticHostDiscovery.ts";
import { DredClient } from "../DredClient.ts";

let first: FakeServer;
let second: FakeServer;
let clock: ManualClock;
let client: DredClient;

const hello = { type: "greeting", msg: "hi" };

beforeEach(async () => {
  first = await FakeServer.open();
  second = await FakeServer.open();
  clock = new ManualClock();
  const discovery = new StaticHostDiscovery([first.url, second.url]);
  client = new DredClient({ discovery, clock });
});

afterEach(async () => {
  await client.disconnect();
  await Promise.all([first.close(), second.close()]);
});

/** The posts that a server got, in order. */
function posts(server: FakeServer): FakeServer["requests"] {
  return server.requests.filter((request) => request.method === "POST");
}

describe("calls to several hosts", () => {
  test("a post that one host fails is repeated on the next under the same ocid", async () => {
    first.answer = () => ({ status: 503, body: { error: "busy", code: "store-unavailable" } });
    second.answer = ({ body }) => ({ body: { status: "created", ocid: body["ocid"] } });

    const reply = await client.postMessage("lobby", hello);

    const [failed] = posts(first);
    const [posted] = posts(second);
    expect(posts(first)).toHaveLength(1);
    expect(failed?.body["ocid"]).toMatch(/^[0-9a-f]{32}$/);
    expect(posted?.body).toEqual({ ...hello, ocid: failed?.body["ocid"] });
    expect(reply).toMatchObject({ status: "created", ocid: failed?.body["ocid"] });
  });

  test("a host that is gone is passed over, and asked last from then on", async () => {
    await first.close();

    await client.postMessage("lobby", hello);
    await client.postMessage("lobby", { ...hello, ocid: "mine" });

    expect(posts(second)).toHaveLength(2);
    expect(posts(second)[1]?.body["ocid"]).toBe("mine");
    expect(client.states()).toMatchObject([
      { url: first.url, state: "failed" },
      { url: second.url, state: "connected" },
    ]);
    expect(client.states()[0]?.lastError).toContain("ECONNREFUSED");
  });

  test("a host that gives no answer within 5 s is passed over", async () => {
    first.answer = () => new Promise(() => {});

    const reply = client.postMessage("lobby", hello);
    await vi.waitFor(() => expect(posts(first)).toHaveLength(1));
    clock.advance(5_000);

    await reply;
    expect(posts(second)).toHaveLength(1);
  });

  test("what one host refuses is asked of no other", async () => {
    first.answer = () => ({ status: 409, body: { error: "other content", code: "ocid-conflict" } });

    await expect(client.postMessage("lobby", hello)).rejects.toMatchObject({
      name: "DredError",
      code: "ocid-conflict",
      detail: "other content",
    });

    expect(posts(second)).toHaveLength(0);
  });

  test("when all hosts ask for it, the wait is the shortest they asked for", async () => {
    const busy = { error: "busy", code: "overloaded" };
    first.answer = () => ({ status: 503, headers: { "retry-after": "4" }, body: busy });
    second.answer = () => ({ status: 503, headers: { "retry-after": "3" }, body: busy });
    const reply = client.postMessage("lobby", hello);
    await vi.waitFor(() => expect(clock.isAwaited(3_000)).toBe(true));
    first.answer = () => ({ body: { status: "created" } });

    clock.advance(2_999);
    expect(posts(first)).toHaveLength(1);
    clock.advance(1);

    await expect(reply).resolves.toMatchObject({ status: "created" });
  });

  test("after 15 s the last host's own words are the error", async () => {
    const busy = { error: "the disk is full", code: "store-full" };
    first.answer = () => ({ status: 507, body: busy, headers: { "retry-after": "10" } });
    second.answer = first.answer;
    const reply = client.postMessage("lobby", hello);
    await vi.waitFor(() => expect(clock.isAwaited(10_000)).toBe(true));

    clock.advance(10_000);

    await expect(reply).rejects.toMatchObject({ code: "store-full", detail: "the disk is full" });
  });

  test("an answer that is not Dred's own becomes an error with a code too", async () => {
    first.answer = () => ({ status: 413, body: "<h1>Too Large</h1>" });

    await expect(client.postMessage("lobby", hello)).rejects.toMatchObject({
      code: "body-too-large",
    });
  });

  test("an abort rejects with its reason and is no fault of the host", async () => {
    const abort = new AbortController();
    first.answer = () => new Promise(() => {});
    const reply = client.postMessage("lobby", hello, { signal: abort.signal });
    await vi.waitFor(() => expect(posts(first)).toHaveLength(1));
    const reason = new Error("enough");

    abort.abort(reason);

    await expect(reply).rejects.toBe(reason);
    expect(client.states()[0]?.state).not.toBe("failed");
  });

  test("many messages go in few requests and are answered one by one, in order", async () => {
    const msg = "x".repeat(400_000);
    const bodies: number[] = [];
    first.answer = ({ body, method }) => {
      if (method !== "POST") return { body: {} };
      const list = body as unknown as { readonly ocid: string }[];
      bodies.push(list.length);
      const answers = list.map(({ ocid }) =>
        ocid === "bad" ? { error: "no", code: "invalid-shape" } : { mid: "m", ocid },
      );
      return { body: answers };
    };
    const messages = ["a", "bad", "c"].map((ocid) => ({ type: "t", msg, ocid }));

    const replies = await client.postMessages("lobby", messages);

    expect(bodies).toEqual([2, 1]);
    expect(replies).toMatchObject([{ ocid: "a" }, { code: "invalid-shape" }, { ocid: "c" }]);
  });

  test("a channel's name that is none is refused before anybody is asked", async () => {
    await expect(client.createChannel("a/b")).rejects.toMatchObject({
      code: "invalid-channel-name",
    });
  });
});
