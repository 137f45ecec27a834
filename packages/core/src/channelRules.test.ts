import { DredError, parseChannelName } from "@dred/protocol";
import { describe, expect, test } from "vitest";
import { acceptCreation, acceptJoin, checkDeletion } from "./channelRules.ts";
import type { CreationRequest, JoinableChannel, JoinRequest } from "./channelRules.ts";

const name = parseChannelName("news");
const now = 1_000_000;
const [owner, alice, bob] = ["A", "B", "C"].map((letter) => `${letter.repeat(42)}A=`) as [
  string,
  string,
  string,
];

/** Signatures of the test are their own plain text. */
const verify = (id: string, text: string, signature: string) => signature === `${id}:${text}`;

function failure(action: () => unknown): { code: string; detail: string; status: number } {
  try {
    action();
  } catch (error) {
    if (error instanceof DredError) {
      return { code: error.code, detail: error.detail, status: error.status };
    }
    throw error;
  }
  throw new Error("it was accepted");
}

describe("creating", () => {
  const create = (request: CreationRequest, isTaken = false) =>
    acceptCreation(request, { name, isTaken, now, verify });

  // Each request has every later fault as well, so that the order is seen too.
  const faults: [CreationRequest, boolean, number, string][] = [
    [{ channelId: "x", expiresAt: 1, encrypted: true }, true, 400, "channel already exists"],
    [
      { channelId: "x", expiresAt: 1, encrypted: true },
      false,
      422,
      "body.channelId is invalid; use params.channelId instead.",
    ],
    [{ expiresAt: now, encrypted: true }, false, 422, "channel expiresAt is already in the past"],
    [{ encrypted: true }, false, 400, "missing required 'owner' setting for an encrypted channel"],
    [
      { encrypted: true, owner },
      false,
      400,
      "missing signature; use the result of sign(channelName)",
    ],
    [
      { encrypted: true, owner: "no key", signature: "no signature" },
      false,
      400,
      "bad signature; use the result of sign(channelName)",
    ],
  ];
  test.each(faults)("%o, taken %s: %i %s", (request, isTaken, status, detail) => {
    expect(failure(() => create(request, isTaken))).toMatchObject({ status, detail });
  });

  test("an owner that is no key is refused, for nobody could ever delete that channel", () => {
    expect(failure(() => create({ owner: "me" }))).toMatchObject({ status: 422 });
  });

  test("accepts the owner's signature and keeps the options, not the rest", () => {
    const request = { encrypted: true, owner, signature: `${owner}:news`, createdAt: 5, x: 1 };
    expect(create(request)).toEqual({ encrypted: true, owner });
  });
});

describe("joining", () => {
  const channel = (options: JoinableChannel["options"] = {}, members: string[] = []) => ({
    name,
    options: { encrypted: true, owner, ...options },
    members,
  });
  const join = (request: JoinRequest, target: JoinableChannel | undefined) =>
    acceptJoin(request, target, { now, verify });
  const signed = (myId: string, member: string) => ({
    myId,
    member,
    signature: `${myId}:news\n${member}`,
  });

  const faults: [string, JoinRequest, JoinableChannel | undefined, number][] = [
    ["invalid channel", {}, undefined, 400],
    [
      "this channel's expiresAt is already past",
      {},
      channel({ expiresAt: 5, encrypted: false }),
      422,
    ],
    [
      "/channel/:id/join is not needed for non-encrypted channels",
      {},
      channel({ encrypted: false }),
      400,
    ],
    ["missing required 'signature' field in body", {}, channel(), 400],
    [
      "can't invite others",
      { myId: alice, member: bob, signature: "?" },
      channel({ memberLimit: 0 }),
      400,
    ],
    ["unauthorized", { myId: bob, member: bob, signature: "?" }, channel({ memberLimit: 0 }), 403],
    [
      "channel is full",
      { myId: owner, member: bob, signature: "?" },
      channel({ memberLimit: 0 }),
      403,
    ],
  ];
  test.each(faults)("%s", (detail, request, target, status) => {
    expect(failure(() => join(request, target))).toMatchObject({ detail, status });
  });

  test("a signature by another key is bad", () => {
    const request = { ...signed(owner, bob), signature: `${alice}:news\n${bob}` };
    expect(failure(() => join(request, channel())).detail).toMatch(/^bad signature: /);
  });

  test("a signature that binds another channel is bad", () => {
    const request = { ...signed(owner, bob), signature: `${owner}:old\n${bob}` };
    expect(failure(() => join(request, channel())).code).toBe("bad-signature");
  });

  test("the owner lets anybody in, also by a signature of the member alone", () => {
    const request = { myId: owner, member: bob, signature: `${owner}:${bob}` };
    expect(join(request, channel())).toEqual({ id: bob, state: "joined" });
  });

  test("a member lets others in only where members approve", () => {
    const byMembers = channel({ approveJoins: "member" }, [alice]);
    expect(join(signed(alice, bob), byMembers)).toEqual({ id: bob, state: "joined" });
    expect(failure(() => join(signed(alice, bob), channel({}, [alice]))).code).toBe(
      "cannot-invite",
    );
  });

  test("who joins by himself is in at once where it is open, else he has asked", () => {
    expect(join(signed(bob, bob), channel({ allowJoining: "open" })).state).toBe("joined");
    expect(join(signed(bob, bob), channel({ allowJoining: "request" })).state).toBe("requested");
    expect(join(signed(bob, bob), channel({ allowJoining: true })).state).toBe("requested");
  });

  test("the limit binds neither the owner nor those who are members", () => {
    const full = channel({ memberLimit: 1, allowJoining: "open" }, [alice]);
    expect(failure(() => join(signed(bob, bob), full)).code).toBe("channel-full");
    expect(join(signed(alice, alice), full).state).toBe("joined");
    expect(join(signed(owner, owner), full).state).toBe("joined");
  });
});

describe("deleting", () => {
  test("a channel with an owner only with the owner's signature of this very channel", () => {
    const owned = { name, options: { owner }, createdAt: 7 };
    const attempt = (signature?: string) => () =>
      checkDeletion(
        { isAdmin: true, ...(signature === undefined ? {} : { signature }) },
        owned,
        verify,
      );
    expect(failure(attempt()).code).toBe("missing-signature");
    expect(failure(attempt(`${owner}:delete\nnews\n6`)).code).toBe("bad-signature");
    expect(attempt(`${owner}:delete\nnews\n7`)).not.toThrow();
  });

  test("a channel without an owner by whoever is administrator", () => {
    const free = { name, options: {}, createdAt: 7 };
    expect(() => checkDeletion({ isAdmin: true }, free, verify)).not.toThrow();
    expect(failure(() => checkDeletion({ isAdmin: false }, free, verify)).status).toBe(403);
  });
});
