import { bodyOf, RawListener } from "@dred/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { anyNumber, anyText, createMessage, errorBody, setupNews } from "./news.ts";
import type { News } from "./news.ts";

let setup: News;

beforeEach(async () => {
  setup = await setupNews();
});

describe("POST /channel/:id/message", () => {
  it("answers with the message's id, place and time", async () => {
    const body = await bodyOf(setup.post(createMessage({ ocid: "mine" })).expect(200));
    expect(body).toEqual({
      id: body.mid,
      mid: anyText,
      ocid: "mine",
      ts: anyNumber,
      status: "created",
      acks: 1,
    });
    expect(body.mid).toMatch(/^first\.[0-9a-z]+\/\d+-1$/);
    expect(body.mid).toContain(`/${body.ts}-`);
    expect(Math.abs(body.ts / 1000 - Date.now())).toBeLessThan(10_000);
  });

  it("keeps the other fields, and gives them to listeners as they came", async () => {
    const listener = await setup.openListener();
    const fields = { user: { name: "Zoë" }, list: [1, 2.5, null], ok: true, quote: '"\\\n\u2028' };
    const body = await bodyOf(
      setup.post(createMessage({ msg: "", ocid: "mine", ...fields })).expect(200),
    );

    expect(await listener.line({ ocid: "mine" })).toEqual({
      mid: body.mid,
      ts: body.ts,
      channel: "news",
      nbh: setup.neighborhood,
      msg: "",
      type: "greeting",
      ocid: "mine",
      ...fields,
    });
  });

  it("ignores fields that imitate the server's own", async () => {
    const listener = await setup.openListener();
    const forged = {
      mid: "first.aaa/1-1",
      id: "x",
      ts: 1,
      channel: "other",
      nbh: "other",
      conflict: true,
      sender: "the king",
      _secret: 1,
    };
    const body = await bodyOf(
      setup.post({ ...forged, ...createMessage({ ocid: "mine" }) }).expect(200),
    );

    const line = await listener.line({ ocid: "mine" });

    expect(line).toMatchObject({ mid: body.mid, ts: body.ts, channel: "news" });
    expect(line["nbh"]).toBe(setup.neighborhood);
    expect(Object.keys(line)).toEqual(["mid", "ts", "channel", "nbh", "msg", "type", "ocid"]);
  });

  it("answers 404 before it looks at the message", async () => {
    const body = await bodyOf(
      setup.agent.post("/channel/none/message").send({ msg: {} }).expect(404),
    );
    expect(body).toEqual({ error: "channel not found", code: "channel-not-found" });
  });

  it.each([
    [{ msg: { a: 1 } }, "message must be a string, not a JSON object"],
    [{}, "missing required 'msg' attribute for posting message in channel"],
    [{ msg: "hi" }, "missing required 'ocid' attribute for posting message in channel"],
    [{ msg: "hi", ocid: "" }, "missing required 'ocid' attribute for posting message in channel"],
    [{ msg: "hi", ocid: "1" }, "missing required 'type' attribute for posting message in channel"],
  ])("answers 422 to %o", async (body, error) => {
    const response = await setup.post(body).expect(422);
    expect(response.body).toEqual({ error, code: "invalid-shape" });
  });

  it.each([
    [{ msg: 5 }, "msg"],
    [{ ocid: 5 }, "ocid"],
    [{ ocid: "x".repeat(257) }, "ocid"],
    [{ type: true }, "type"],
    [{ type: "x".repeat(257) }, "type"],
  ])("names the field of %o that does not fit", async (fields, field) => {
    const { error } = await bodyOf(setup.post(createMessage(fields)).expect(422));
    expect(error).toContain(field);
  });

  it("takes the same ocid and content again for the same message", async () => {
    const listener = await setup.openListener();
    const twice = createMessage();
    const first = await bodyOf(setup.post(twice).expect(200));
    const second = await bodyOf(setup.post(twice).expect(200));
    await setup.post(createMessage({ ocid: "last" })).expect(200);

    await listener.line({ ocid: "last" });

    expect(second).toEqual({ ...first, status: "duplicate" });
    expect(listener.messages).toHaveLength(2);
  });

  it("makes one message of one ocid that is posted ten times at once", async () => {
    const same = createMessage();
    const answers = await Promise.all(
      Array.from({ length: 10 }, () => bodyOf(setup.post(same).expect(200))),
    );
    expect(new Set(answers.map(({ mid }) => mid)).size).toBe(1);
    expect(answers.filter(({ status }) => status === "created")).toHaveLength(1);
  });

  it("refuses other content under an ocid that is taken", async () => {
    await setup.post(createMessage({ ocid: "mine", msg: "one" })).expect(200);
    const body = await bodyOf(setup.post(createMessage({ ocid: "mine", msg: "two" })).expect(409));
    expect(body).toEqual(errorBody("ocid-conflict"));
  });

  it("takes one ocid in two channels for two messages", async () => {
    await setup.agent.post("/channel/other").expect(200);
    const same = createMessage();
    await setup.post(same).expect(200);
    const body = await bodyOf(setup.agent.post("/channel/other/message").send(same).expect(200));
    expect(body.status).toBe("created");
  });

  it("answers 202 with what was reached when too few servers hold it in time", async () => {
    const body = await bodyOf(setup.post(createMessage(), "?acks=2&timeout=50").expect(202));
    expect(body).toMatchObject({ status: "created", acks: 1 });
  });

  it.each(["acks=0", "acks=two", "acks=1&acks=2", "timeout=-1", "timeout=1e9"])(
    "answers 422 to ?%s",
    async (query) => {
      const body = await bodyOf(setup.post(createMessage(), `?${query}`).expect(422));
      expect(body.error).toContain(query.split("=")[0]);
    },
  );

  it("numbers what is posted at the same moment without a hole", async () => {
    const answers = await Promise.all(
      Array.from({ length: 200 }, () => bodyOf(setup.post(createMessage()).expect(200))),
    );
    const sequences = answers.map(({ mid }) => Number(mid.split("-").pop()));
    expect(sequences.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
  });
});

describe("POST /channel/:id/messages", () => {
  const postMany = (body: string | object, type = "application/json") =>
    setup.agent.post("/channel/news/messages").set("content-type", type).send(body);

  it("answers to each message in its place, and one bad one does not spoil the others", async () => {
    const [one, two] = [createMessage(), createMessage()];
    const body = await bodyOf(postMany([one, { msg: "x" }, null, two, one]).expect(200));
    expect(body).toMatchObject([
      { ocid: one.ocid, status: "created" },
      { error: "missing required 'ocid' attribute for posting message in channel" },
      { code: "invalid-shape" },
      { ocid: two.ocid, status: "created" },
      { ocid: one.ocid, status: "duplicate" },
    ]);
  });

  it("takes ND-JSON, in which a broken line spoils only itself", async () => {
    const [one, two] = [createMessage(), createMessage()];
    const lines = `${JSON.stringify(one)}\n{"msg":\n\n${JSON.stringify(two)}\n`;
    const body = await bodyOf(postMany(lines, "application/x-ndjson").expect(200));
    expect(body).toMatchObject([
      { ocid: one.ocid, status: "created" },
      { code: "invalid-json" },
      { ocid: two.ocid, status: "created" },
    ]);
  });

  it("keeps the order of the list", async () => {
    const many = Array.from({ length: 1_200 }, () => createMessage());
    await postMany(many).expect(200);
    const listener = await setup.openListener("start");
    expect(listener.messages.map(({ ocid }) => ocid)).toEqual(many.map(({ ocid }) => ocid));
  });

  it.each(["{}", '"text"', "5"])("answers 422 to %s", async (body) => {
    await postMany(body).expect(422);
  });

  it("answers 404 for a channel that is none", async () => {
    await setup.agent.post("/channel/none/messages").send([createMessage()]).expect(404);
  });
});

describe("GET /channel/:id/messages", () => {
  const history = async (query: string) =>
    (await setup.agent.get(`/channel/news/messages?${query}`).expect(200)).body as {
      messages: { mid: string; msg: string }[];
      next?: string;
      cursor: string;
    };
  const texts = (page: { messages: { msg: string }[] }) => page.messages.map(({ msg }) => msg);

  beforeEach(async () => {
    const many = Array.from({ length: 25 }, (_, index) => createMessage({ msg: `${index + 1}` }));
    await setup.agent.post("/channel/news/messages").send(many).expect(200);
  });

  it("gives pages to the end, each message once", async () => {
    const pages: string[][] = [];
    let query = "limit=10";
    for (let page = await history(query); ; page = await history(query)) {
      pages.push(texts(page));
      if (page.next === undefined) break;
      query = `limit=10&after=${encodeURIComponent(page.next)}`;
      expect(pages.length).toBeLessThan(4);
    }
    expect(pages.map((page) => page.length)).toEqual([10, 10, 5]);
    expect(pages.flat()).toEqual(Array.from({ length: 25 }, (_, index) => `${index + 1}`));
  });

  it("gives the newest first when asked to", async () => {
    expect(texts(await history("order=desc&limit=3"))).toEqual(["25", "24", "23"]);
  });

  it("begins behind a message, or ends before one", async () => {
    const all = await history("");
    const [first, , third] = all.messages;
    expect(texts(await history(`limit=2&after=${first?.mid}`))).toEqual(["2", "3"]);
    // Pages before a place go backwards: the nearest comes first.
    expect(texts(await history(`before=${third?.mid}`))).toEqual(["2", "1"]);
  });

  it("gives a cursor from which a listener goes on without a hole", async () => {
    const first = await history("limit=20");
    await setup.post(createMessage({ msg: "26" })).expect(200);
    const rest = await history(`limit=20&after=${encodeURIComponent(first.next ?? "")}`);
    expect([...texts(first), ...texts(rest)]).toHaveLength(25);
    const { cursor } = rest;
    const listener = await RawListener.open(setup.url, [{ channel: "news", since: cursor }]);
    await listener.line({ msg: "26" });
    expect(listener.messages.map(({ msg }) => msg)).toEqual(["26"]);
  });

  it.each(["limit=0", "limit=1001", "limit=x", "order=up", "after=x", "after=1&after=2"])(
    "answers 422 to ?%s",
    async (query) => {
      const body = await bodyOf(setup.agent.get(`/channel/news/messages?${query}`).expect(422));
      expect(body).toEqual(errorBody());
    },
  );

  it("answers 404 for a channel that is none", async () => {
    await setup.agent.get("/channel/none/messages").expect(404);
  });
});
