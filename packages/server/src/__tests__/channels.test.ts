import { generateKeyPairSync, sign } from "node:crypto";
import { bodyOf, eventually, mkClientFor, RawListener, testSetup } from "@dred/testkit";
import type { TestSetup } from "@dred/testkit";
import { beforeEach, describe, expect, it } from "vitest";
import { anyNumber, errorBody } from "./news.ts";

/** A participant of an encrypted channel: its id, and signatures in its name. */
function createKey(): { readonly id: string; sign(text: string): string } {
  const { publicKey, privateKey } = generateKeyPairSync("ed25519");
  const { x = "" } = publicKey.export({ format: "jwk" });
  return {
    id: Buffer.from(x, "base64url").toString("base64"),
    sign: (text) => sign(null, Buffer.from(text), privateKey).toString("base64"),
  };
}

const owner = createKey();
const alice = createKey();
const bob = createKey();

let setup: TestSetup;

beforeEach(async () => {
  setup = await testSetup();
});

/** Creates an encrypted channel that `owner` owns. */
async function createEncrypted(name: string, options: object = {}): Promise<void> {
  const body = { encrypted: true, owner: owner.id, signature: owner.sign(name), ...options };
  await setup.agent.post(`/channel/${name}`).send(body).expect(200);
}

describe("POST /channel/:id", () => {
  it("creates a channel with the options that it answers", async () => {
    const options = { maxMessages: 5, messageLifetime: 60_000, requests: true };
    const body = { ...options, createdAt: 5, unknown: "ignored" };

    const answer = await bodyOf(setup.agent.post("/channel/news").send(body).expect(200));

    expect(answer).toEqual({
      id: "news",
      status: "created",
      channelId: "news",
      ...options,
      createdAt: anyNumber,
    });
    expect(Math.abs(answer.createdAt - Date.now())).toBeLessThan(10_000);
  });

  it("needs no body", async () => {
    await setup.agent.post("/channel/news").expect(200);
    await setup.agent.get("/channels").expect(200, { channels: ["news"] });
  });

  it("refuses a name that is taken, before all other faults", async () => {
    await setup.agent.post("/channel/news").expect(200);
    await setup.agent
      .post("/channel/news")
      .send({ channelId: "x", expiresAt: 1 })
      .expect(400, { error: "channel already exists", code: "channel-exists" });
  });

  it("refuses a channelId in the body", async () => {
    const body = await bodyOf(
      setup.agent.post("/channel/news").send({ channelId: "x", expiresAt: 1 }).expect(422),
    );
    expect(body.error).toBe("body.channelId is invalid; use params.channelId instead.");
  });

  it("refuses an expiresAt that is past", async () => {
    const body = await bodyOf(
      setup.agent
        .post("/channel/news")
        .send({ expiresAt: Date.now() - 1, encrypted: true })
        .expect(422),
    );
    expect(body.error).toBe("channel expiresAt is already in the past");
  });

  const badSignature = "bad signature; use the result of sign(channelName)";
  it.each([
    [{}, "missing required 'owner' setting for an encrypted channel"],
    [{ owner: owner.id }, "missing signature; use the result of sign(channelName)"],
    [{ owner: owner.id, signature: alice.sign("news") }, badSignature],
    [{ owner: owner.id, signature: owner.sign("other") }, badSignature],
    [{ owner: owner.id, signature: "AAAA" }, badSignature],
    [{ owner: owner.id, signature: "A".repeat(200) }, badSignature],
    [{ owner: "no key", signature: owner.sign("news") }, badSignature],
  ])("refuses an encrypted channel with %o", async (options, error) => {
    const body = await bodyOf(
      setup.agent
        .post("/channel/news")
        .send({ encrypted: true, ...options })
        .expect(400),
    );
    expect(body.error).toBe(error);
    await setup.agent.get("/channel/news").expect(404);
  });

  it("creates an encrypted channel for the owner's signature of its name", async () => {
    await createEncrypted("news");
    const body = await bodyOf(setup.agent.get("/channel/news").expect(200));
    expect(body.options).toEqual({ encrypted: true, owner: owner.id });
  });

  it.each([
    [{ memberLimit: "5" }, "memberLimit"],
    [{ members: [5] }, "members"],
    [{ expiresAt: "tomorrow" }, "expiresAt"],
    [{ allowJoining: "perhaps" }, "allowJoining"],
    [{ maxMessages: 0 }, "maxMessages"],
    [{ owner: "me" }, "owner"],
  ])("names the field of %o that does not fit", async (body, field) => {
    const answer = await bodyOf(setup.agent.post("/channel/news").send(body).expect(422));
    expect(answer.error).toContain(field);
    expect(answer.code).toBe("invalid-shape");
  });

  it.each(["[]", '"text"', "5", "null"])("refuses the body %s", async (body) => {
    const type = "application/json";
    await setup.agent.post("/channel/news").set("content-type", type).send(body).expect(422);
  });

  it.each(["%20", "a%2Fb", "a".repeat(129), "a%00b", "%FF", "%E0%A4%A", "a~b", "{a}"])(
    "refuses the name %s",
    async (name) => {
      const body = await bodyOf(setup.agent.post(`/channel/${name}`).expect(400));
      expect(body).toEqual(errorBody());
    },
  );

  it("takes one name in two spellings of Unicode for the same", async () => {
    await setup.agent.post(`/channel/${encodeURIComponent("gru\u0308\u00dfe")}`).expect(200);
    await setup.agent.get(`/channel/${encodeURIComponent("gr\u00fc\u00dfe")}`).expect(200);
  });

  it.each(["__proto__", "constructor", "hasOwnProperty", "toString", "a.b:c-d_e", "漢字"])(
    "has no trouble with a channel called %s",
    async (name) => {
      const path = `/channel/${encodeURIComponent(name)}`;
      const isReserved = name.startsWith("_");
      await setup.agent.get(path).expect(404);
      await setup.agent.post(path).expect(isReserved ? 403 : 200);
      await setup.agent.get(path).expect(isReserved ? 404 : 200);
    },
  );

  it.each(["_chans", "_hosts", "_mine"])(
    "does not give away the reserved name %s",
    async (name) => {
      const refusal = errorBody("reserved-name");
      expect((await setup.agent.post(`/channel/${name}`).expect(403)).body).toEqual(refusal);
      const message = { msg: "hi", type: "t", ocid: "1" };
      const posted = await setup.agent.post(`/channel/${name}/message`).send(message).expect(403);
      expect(posted.body).toEqual(refusal);
      await setup.agent.get("/channels").expect(200, { channels: [] });
    },
  );

  it("tells those who listen to _chans", async () => {
    const listener = await RawListener.open(setup.servers.first.url, [{ channel: "_chans" }]);
    await listener.line({ type: "listening" });
    await setup.agent.post("/channel/news").send({ maxMessages: 7 }).expect(200);
    const line = await listener.line({ type: "chanCreated", channel: "news" });
    expect(line["options"]).toMatchObject({ maxMessages: 7 });
    await setup.agent.delete("/channel/news").expect(200);
    await listener.line({ type: "chanDeleted", channel: "news" });
  });
});

describe("POST /channel/:id/join", () => {
  const join = (name: string, body: object) => setup.agent.post(`/channel/${name}/join`).send(body);
  const signed = (by: typeof owner, member: string, channel = "club") => ({
    myId: by.id,
    member,
    signature: by.sign(`${channel}\n${member}`),
  });

  it("refuses a channel that is none", async () => {
    const body = await bodyOf(join("club", signed(owner, bob.id)).expect(400));
    expect(body).toEqual({ error: "invalid channel", code: "invalid-channel" });
  });

  it("is not needed where nothing is encrypted", async () => {
    await setup.agent.post("/channel/club").expect(200);
    const body = await bodyOf(join("club", {}).expect(400));
    expect(body.error).toBe("/channel/:id/join is not needed for non-encrypted channels");
  });

  it("tells its other faults in the order of the original", async () => {
    await createEncrypted("club", { memberLimit: 0, allowJoining: "open" });
    await createEncrypted("closed");
    const errorOf = async (channel: string, body: object, status: number): Promise<string> =>
      (await bodyOf(join(channel, body).expect(status))).error;
    const wrong = { myId: bob.id, member: bob.id, signature: "AAAA" };

    expect(await errorOf("club", {}, 400)).toBe("missing required 'signature' field in body");
    expect(await errorOf("club", { ...wrong, myId: alice.id }, 400)).toBe("can't invite others");
    expect(await errorOf("closed", wrong, 403)).toBe("unauthorized");
    expect(await errorOf("club", wrong, 403)).toBe("channel is full");
    const byOwner = { ...wrong, myId: owner.id };
    expect(await errorOf("closed", byOwner, 400)).toMatch(/^bad signature: /);
  });

  it("lets in whom the owner signs for, and then shows him as a member", async () => {
    await createEncrypted("club");
    const body = await bodyOf(join("club", signed(owner, bob.id)).expect(200));
    expect(body).toEqual({ status: "joined" });
    const info = await bodyOf(setup.agent.get("/channel/club").expect(200));
    expect(info.members).toEqual([bob.id]);
  });

  it("takes the original's signature of the member alone", async () => {
    await createEncrypted("club");
    const body = { myId: owner.id, member: bob.id, signature: owner.sign(bob.id) };
    await join("club", body).expect(200, { status: "joined" });
  });

  it("does not take a signature that was made for another channel", async () => {
    await createEncrypted("club");
    await join("club", signed(owner, bob.id, "other")).expect(400);
  });

  it("notes who asks to join where he may only ask", async () => {
    await createEncrypted("club", { allowJoining: "request" });
    await join("club", signed(bob, bob.id)).expect(200, { status: "requested" });
    const body = await bodyOf(setup.agent.get("/channel/club").expect(200));
    expect(body).toMatchObject({ members: [], requests: [bob.id] });
  });

  it("counts members that came by joining against the limit", async () => {
    await createEncrypted("club", { memberLimit: 1, allowJoining: "open" });
    await join("club", signed(alice, alice.id)).expect(200, { status: "joined" });
    await join("club", signed(bob, bob.id)).expect(403);
    await join("club", signed(alice, alice.id)).expect(200, { status: "joined" });
  });

  it("is done by the client with its keys", async () => {
    const client = mkClientFor("first");
    const [mine, yours] = [await client.generateKey(), await client.generateKey()];
    await client.createChannel("club", { encrypted: true, key: mine });
    expect(await client.addMemberToChannel("club", yours.id, mine)).toBe("joined");
    expect((await client.channelInfo("club")).members).toEqual([yours.id]);
  });
});

describe("GET and DELETE /channel/:id", () => {
  it("shows what is in a channel", async () => {
    await setup.agent.post("/channel/news").expect(200);
    const posted = await setup.client.postMessage("news", { type: "t", msg: "hi" });
    const body = await bodyOf(setup.agent.get("/channel/news").expect(200));
    expect(body).toMatchObject({ id: "news", options: {}, members: [], count: 1, listeners: 0 });
    const [origin = "", place] = posted.mid.split("/");
    expect(body.vector).toEqual({ [origin]: place });
  });

  it("answers 404 for a channel that never was", async () => {
    for (const request of [setup.agent.get("/channel/news"), setup.agent.delete("/channel/news")]) {
      await request.expect(404, { error: "channel not found", code: "channel-not-found" });
    }
  });

  it("deletes for everybody, and listeners are told", async () => {
    await setup.agent.post("/channel/news").expect(200);
    await setup.client.postMessage("news", { type: "t", msg: "old" });
    const listener = await RawListener.open(setup.servers.first.url, [{ channel: "news" }]);
    await listener.line({ type: "listening" });

    await setup.agent.delete("/channel/news").expect(200);

    await listener.line({ type: "deleted", channel: "news" });
    await setup.agent.get("/channel/news").expect(404);
    await setup.agent.get("/channels").expect(200, { channels: [] });
  });

  it("begins anew under a name that was deleted, and the listener goes on", async () => {
    await setup.agent.post("/channel/news").expect(200);
    await setup.client.postMessage("news", { type: "t", msg: "old", ocid: "1" });
    const listener = await RawListener.open(setup.servers.first.url, [{ channel: "news" }]);
    await listener.line({ type: "listening" });
    await setup.agent.delete("/channel/news").expect(200);
    await setup.agent.post("/channel/news").expect(200);
    await setup.client.postMessage("news", { type: "t", msg: "new", ocid: "1" });

    await listener.line({ msg: "new" });

    const body = await bodyOf(setup.agent.get("/channel/news/messages").expect(200));
    expect(body.messages.map(({ msg }) => msg)).toEqual(["new"]);
  });

  it("deletes a channel with an owner only for the owner's signature of just this channel", async () => {
    await createEncrypted("club");
    const { createdAt } = await bodyOf(setup.agent.get("/channel/club").expect(200));
    const remove = (signature?: string) => setup.agent.delete("/channel/club").send({ signature });

    await remove().expect(400);
    await remove("AAAA").expect(400);
    await remove(owner.sign(`delete\nclub\n${createdAt - 1}`)).expect(400);
    await remove(alice.sign(`delete\nclub\n${createdAt}`)).expect(400);
    await setup.agent.get("/channel/club").expect(200);
    await remove(owner.sign(`delete\nclub\n${createdAt}`)).expect(200);
    await setup.agent.get("/channel/club").expect(404);
  });

  it("needs the admin token for other channels where the server has one", async () => {
    await setup.servers.first.stop();
    await setup.servers.first.start({ adminToken: "a token of sixteen or more" });
    await setup.agent.post("/channel/news").expect(200);

    await setup.agent.delete("/channel/news").expect(403);
    await setup.agent.delete("/channel/news").set("authorization", "Bearer wrong").expect(403);

    const token = "Bearer a token of sixteen or more";
    await setup.agent.delete("/channel/news").set("authorization", token).expect(200);
  });

  it("gives up part of a log only where a gap holds it up, and only for an admin", async () => {
    await setup.servers.first.stop();
    await setup.servers.first.start({ adminToken: "a token of sixteen or more" });
    await setup.agent.post("/channel/news").expect(200);
    const path = (origin: string): string => `/channel/news/logs/${origin}/accept-gap`;

    await setup.agent.post(path("first.m2k9xqa7")).expect(403);

    const token = "Bearer a token of sixteen or more";
    const accept = (origin: string) => setup.agent.post(path(origin)).set("authorization", token);
    const refusal = await accept("first.m2k9xqa7").expect(409);
    expect(refusal.text).toContain('"no-gap"');
    await accept("no origin").expect(400);
  });

  it("takes no post and no member any more when a channel's expiresAt has come", async () => {
    const message = { msg: "hi", type: "t", ocid: "1" };
    const post = () => setup.agent.post("/channel/news/message").send(message);
    await createEncrypted("news", { expiresAt: Date.now() + 500 });
    await post().expect(200);

    await eventually(async () => post().expect(404));

    await setup.agent.get("/channels").expect(200, { channels: [] });
    const body = await bodyOf(setup.agent.post("/channel/news/join").send({}).expect(422));
    expect(body.error).toBe("this channel's expiresAt is already past");
  });
});
