import { bodyOf, eventually, RawConnection, RawListener } from "@dred/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { createMessage, errorBody, setupNews } from "./news.ts";
import type { News } from "./news.ts";

let setup: News;

beforeEach(async () => {
  setup = await setupNews();
});

describe("POST /channels/listen", () => {
  it("begins with the interval of its heartbeats and then says that it is live", async () => {
    const listener = await setup.openListener();
    expect(listener.lines).toMatchObject([
      { type: "heartbeat-info", timerInterval: 7000 },
      { type: "listening", channel: "news" },
    ]);
  });

  it("gives only what comes from now on, unless since says otherwise", async () => {
    await setup.post(createMessage({ ocid: "old" })).expect(200);
    const [fromNow, fromStart] = [await setup.openListener(), await setup.openListener("start")];
    await setup.post(createMessage({ ocid: "new" })).expect(200);
    await Promise.all([fromNow.line({ ocid: "new" }), fromStart.line({ ocid: "new" })]);
    expect(fromNow.messages.map(({ ocid }) => ocid)).toEqual(["new"]);
    expect(fromStart.messages.map(({ ocid }) => ocid)).toEqual(["old", "new"]);
  });

  it("goes on behind the largest position of a vector", async () => {
    const { mid } = await bodyOf(setup.post(createMessage({ ocid: "seen" })).expect(200));
    await setup.post(createMessage({ ocid: "missed" })).expect(200);
    const [origin, place] = mid.split("/") as [string, string];
    const listener = await setup.openListener({ [origin]: place });
    await setup.post(createMessage({ ocid: "new" })).expect(200);
    await listener.line({ ocid: "new" });
    expect(listener.messages.map(({ ocid }) => ocid)).toEqual(["missed", "new"]);
  });

  it("hears channels by the beginning of their names, those made later as well", async () => {
    const listener = await RawListener.open(setup.url, [{ channel: "game-*" }]);
    await listener.line({ type: "heartbeat-info" });
    await setup.agent.post("/channel/game-7").expect(200);
    await setup.agent
      .post("/channel/game-7/message")
      .send(createMessage({ ocid: "move" }))
      .expect(200);
    expect(await listener.line({ ocid: "move" })).toMatchObject({ channel: "game-7" });
  });

  it("says of which generation it reads before the first message, under a pattern as well", async () => {
    await setup.post(createMessage({ ocid: "old" })).expect(200);
    await setup.agent.post("/channel/news-2").expect(200);
    const listener = await RawListener.open(setup.url, [{ channel: "new*", since: "start" }]);
    await listener.line({ type: "listening", channel: "news" });
    await listener.line({ type: "listening", channel: "news-2" });

    const ofNews = listener.lines.filter(({ channel }) => channel === "news");
    expect(ofNews.map(({ type }) => type)).toEqual(["reading", createMessage().type, "listening"]);
    expect(ofNews[0]?.["cursor"]).toMatch(/^c1~[^~]+~news~0$/);
    const reading = listener.lines.filter(({ type }) => type === "reading");
    expect(reading).toHaveLength(1); // the other one has nothing to read
  });

  it("says of a pattern that it is followed, without a cursor and before its channels", async () => {
    for (const name of ["game-1", "other"]) await setup.agent.post(`/channel/${name}`).expect(200);
    const listener = await RawListener.open(setup.url, [{ channel: "game-*" }]);
    await listener.line({ type: "listening", channel: "game-1" });
    await setup.agent.post("/channel/game-2").expect(200);
    const later = await listener.line({ type: "listening", channel: "game-2" });
    const listening = listener.lines.filter(({ type }) => type === "listening");
    expect(listening.map(({ channel }) => channel)).toEqual(["game-*", "game-1", "game-2"]);
    expect(listening.map(({ cursor }) => typeof cursor)).toEqual(["undefined", "string", "string"]);
    expect(later["cursor"]).toContain("~game-2~");
  });

  it("says of a pattern that it is followed also when no channel fits it yet", async () => {
    const listener = await RawListener.open(setup.url, [{ channel: "game-*" }]);
    await listener.line({ type: "listening", channel: "game-*" });
    expect(listener.lines.map(({ type }) => type)).toEqual(["heartbeat-info", "listening"]);
  });

  it("delivers a channel once that is named twice, or by a pattern as well", async () => {
    const names = [{ channel: "news" }, { channel: "news" }, { channel: "n*" }];
    const listener = await RawListener.open(setup.url, names);
    await listener.line({ type: "listening", channel: "news" });
    await setup.post(createMessage({ ocid: "one" })).expect(200);
    await setup.post(createMessage({ ocid: "two" })).expect(200);
    await listener.line({ ocid: "two" });
    expect(listener.messages.map(({ ocid }) => ocid)).toEqual(["one", "two"]);
  });

  it("warns of a channel that is none and delivers it once it exists", async () => {
    const listener = await RawListener.open(setup.url, [{ channel: "later" }]);
    await listener.line({ type: "warning", channel: "later" });
    await setup.agent.post("/channel/later").expect(200);
    await setup.agent
      .post("/channel/later/message")
      .send(createMessage({ ocid: "one" }))
      .expect(200);
    await listener.line({ ocid: "one" });
  });

  it("says bye as its last line when the server stops", async () => {
    const listener = await setup.openListener();
    await setup.servers.first.stop();
    await listener.ended;
    expect(listener.lines.at(-1)).toMatchObject({ type: "bye", reason: "shutdown" });
  });

  it.each([
    undefined,
    {},
    [],
    [null],
    ["news"],
    [[]],
    [{}],
    [{ channel: 5 }],
    [{ channel: "news", since: 5 }],
    [{ channel: "news", since: "nonsense" }],
    [{ channel: "news", since: { "no origin": "1-1" } }],
    [{ channel: "news", since: [] }],
    [{ channel: "news" }, null],
    Array.from({ length: 1_001 }, () => ({ channel: "news" })),
  ])("answers 422 to %o", async (body) => {
    const request = setup.agent.post("/channels/listen").send(body as object);
    expect(await bodyOf(request.expect(422))).toEqual(errorBody());
  });

  it("answers 400 to a name that cannot be one", async () => {
    await setup.agent
      .post("/channels/listen")
      .send([{ channel: "no name" }])
      .expect(400);
  });

  it("refuses a cursor of another channel", async () => {
    await setup.agent.post("/channel/other").expect(200);
    const { cursor } = await bodyOf(setup.agent.get("/channel/other/messages").expect(200));
    const body = [{ channel: "news", since: cursor }];
    const { code } = await bodyOf(setup.agent.post("/channels/listen").send(body).expect(422));
    expect(code).toBe("invalid-cursor");
  });

  it("gives one client at most 1,000 streams, and room again when some are closed", async () => {
    const { port } = setup.servers.first;
    const body = JSON.stringify([{ channel: "news" }]);
    const head = "POST /channels/listen HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n";
    const request = `${head}content-length: ${body.length}\r\n\r\n${body}`;
    const connections: RawConnection[] = [];
    for (let count = 0; count < 1_000; count += 50) {
      const batch = Array.from({ length: 50 }, () => RawConnection.open(port));
      connections.push(...(await Promise.all(batch)));
    }
    for (const connection of connections) connection.send(request);
    for (const connection of connections) expect(await connection.status()).toBe(200);

    const refused = await setup.agent.post("/channels/listen").send([{ channel: "news" }]);

    expect(refused.status).toBe(429);
    expect(refused.body).toEqual(errorBody("too-many-listeners"));
    for (const connection of connections.slice(0, 10)) connection.cut();
    const listener = await openListenerWhenThereIsRoom();
    await setup.post(createMessage({ ocid: "heard" })).expect(200);
    await listener.line({ ocid: "heard" });
  });

  async function openListenerWhenThereIsRoom(): Promise<RawListener> {
    return eventually(async () => {
      const body = [{ channel: "news" }];
      const listener = await RawListener.open(setup.url, body);
      return listener.status === 200 ? listener : undefined;
    });
  }
});
