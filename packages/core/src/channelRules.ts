import { DredError } from "@dred/protocol";
import type { ChannelName, ChannelOptions } from "@dred/protocol";

/**
 * Verifies an ed25519 signature (RFC 8032): `id` and `signature` in standard base64, the text in
 * UTF-8. False, never an error, for whatever is no key or no signature.
 */
export type Verify = (id: string, text: string, signature: string) => boolean;

/** A request to create a channel whose fields have their types; unknown ones are ignored. */
export interface CreationRequest extends ChannelOptions {
  /** Refused: the channel is named by the path. */
  readonly channelId?: unknown;
  /** The owner's, of the channel's name; needed when encrypted. */
  readonly signature?: string;
}

export interface CreationContext {
  readonly name: ChannelName;
  readonly isTaken: boolean;
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly verify: Verify;
}

/**
 * The options a channel is created with. The order of the checks and their sentences are part of
 * the interface.
 *
 * @throws DredError `channel-exists`, `invalid-shape`, `missing-owner`, `missing-signature`,
 *   `bad-signature`.
 */
export function acceptCreation(request: CreationRequest, context: CreationContext): ChannelOptions {
  if (context.isTaken) throw new DredError("channel-exists", "channel already exists");
  if (request.channelId !== undefined) {
    throw new DredError(
      "invalid-shape",
      "body.channelId is invalid; use params.channelId instead.",
    );
  }
  if (request.expiresAt !== undefined && request.expiresAt <= context.now) {
    throw new DredError("invalid-shape", "channel expiresAt is already in the past");
  }
  if (request.encrypted === true) checkOwnership(request, context);
  else if (request.owner !== undefined) requireKey("owner", request.owner);
  return toOptions(request);
}

function checkOwnership(request: CreationRequest, context: CreationContext): void {
  const { owner, signature } = request;
  if (isMissing(owner)) {
    throw new DredError(
      "missing-owner",
      "missing required 'owner' setting for an encrypted channel",
    );
  }
  if (isMissing(signature)) {
    throw new DredError(
      "missing-signature",
      "missing signature; use the result of sign(channelName)",
    );
  }
  if (!context.verify(owner, context.name, signature)) {
    throw new DredError("bad-signature", "bad signature; use the result of sign(channelName)");
  }
}

const optionNames = [
  "encrypted",
  "owner",
  "members",
  "requests",
  "allowJoining",
  "approveJoins",
  "memberLimit",
  "expiresAt",
  "messageLifetime",
  "maxMessages",
] as const satisfies readonly (keyof ChannelOptions)[];

function toOptions(request: CreationRequest): ChannelOptions {
  const given = optionNames.filter((name) => request[name] !== undefined);
  return Object.fromEntries(given.map((name) => [name, request[name]])) as ChannelOptions;
}

export interface JoinRequest {
  /** Who asks: the owner, a member, or the joiner; the signature is theirs. */
  readonly myId?: string;
  /** Who is to be a member. */
  readonly member?: string;
  /** Of `<channel>\n<member>`, or, as the original has it, of `member` alone. */
  readonly signature?: string;
}

/** What a join is judged by. */
export interface JoinableChannel {
  readonly name: ChannelName;
  readonly options: ChannelOptions;
  readonly members: readonly string[];
}

export interface JoinContext {
  /** Milliseconds since 1970. */
  readonly now: number;
  readonly verify: Verify;
}

/** Whom to put into the channel, and whether as a member or as a request. */
export interface AcceptedJoin {
  readonly id: string;
  readonly state: "joined" | "requested";
}

/**
 * Decides about a join. The order of the checks and their sentences are part of the interface.
 *
 * @param channel Undefined when there is none of that name.
 * @throws DredError `invalid-channel`, `channel-expired`, `join-not-needed`, `missing-signature`,
 *   `invalid-shape`, `cannot-invite`, `unauthorized`, `channel-full`, `bad-signature`.
 */
export function acceptJoin(
  request: JoinRequest,
  channel: JoinableChannel | undefined,
  context: JoinContext,
): AcceptedJoin {
  const joinable = requireJoinable(channel, context.now);
  const { myId, member, signature } = request;
  if (isMissing(signature)) {
    throw new DredError("missing-signature", "missing required 'signature' field in body");
  }
  if (isMissing(myId)) throw missingField("myId");
  if (isMissing(member)) throw missingField("member");
  const state = stateOfJoin(myId, member, joinable);
  requireRoom(member, joinable);
  const isBound = context.verify(myId, `${joinable.name}\n${member}`, signature);
  if (!isBound && !context.verify(myId, member, signature)) {
    throw new DredError(
      "bad-signature",
      "bad signature: sign the channel's name, a line end and the member with the key of myId",
    );
  }
  requireKey("member", member);
  return { id: member, state };
}

function requireJoinable(channel: JoinableChannel | undefined, now: number): JoinableChannel {
  if (channel === undefined) throw new DredError("invalid-channel", "invalid channel");
  const { expiresAt, encrypted } = channel.options;
  if (expiresAt !== undefined && expiresAt <= now) {
    throw new DredError("channel-expired", "this channel's expiresAt is already past");
  }
  if (encrypted !== true) {
    throw new DredError(
      "join-not-needed",
      "/channel/:id/join is not needed for non-encrypted channels",
    );
  }
  return channel;
}

function stateOfJoin(
  myId: string,
  member: string,
  channel: JoinableChannel,
): AcceptedJoin["state"] {
  const { owner, approveJoins, allowJoining } = channel.options;
  const isMember = channel.members.includes(myId);
  if (myId === owner || (isMember && approveJoins === "member")) return "joined";
  if (myId !== member) throw new DredError("cannot-invite", "can't invite others");
  if (isMember || allowJoining === "open") return "joined";
  if (allowJoining === true || allowJoining === "request") return "requested";
  throw new DredError("unauthorized", "unauthorized");
}

function requireRoom(member: string, { options, members }: JoinableChannel): void {
  const { memberLimit, owner } = options;
  if (memberLimit === undefined || member === owner || members.includes(member)) return;
  if (members.length >= memberLimit) throw new DredError("channel-full", "channel is full");
}

export interface DeletionRequest {
  /** The owner's, of `delete\n<channel>\n<createdAt>`. */
  readonly signature?: string;
  /** Whether whoever asks showed the admin token; also true where the server has none. */
  readonly isAdmin: boolean;
}

export interface DeletableChannel {
  readonly name: ChannelName;
  readonly options: ChannelOptions;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
}

/**
 * Whether a channel may be deleted: by its owner, or, where it has none, by the administrator.
 *
 * @throws DredError `missing-signature`, `bad-signature`, `unauthorized`.
 */
export function checkDeletion(
  request: DeletionRequest,
  channel: DeletableChannel,
  verify: Verify,
): void {
  const { owner } = channel.options;
  if (owner === undefined) {
    if (request.isAdmin) return;
    const detail = "deleting needs the admin token, as Authorization: Bearer <token>";
    throw new DredError("unauthorized", detail);
  }
  const advice = "use the owner's signature of delete, channel and createdAt, each on its own line";
  if (isMissing(request.signature)) {
    throw new DredError("missing-signature", `missing signature; ${advice}`);
  }
  if (!verify(owner, `delete\n${channel.name}\n${channel.createdAt}`, request.signature)) {
    throw new DredError("bad-signature", `bad signature; ${advice}`);
  }
}

/** 32 bytes in standard base64; the last digit has two bits that must be zero. */
const KEY = /^[A-Za-z0-9+/]{42}[AEIMQUYcgkosw048]=$/;

function requireKey(field: string, value: string): void {
  if (KEY.test(value)) return;
  throw new DredError(
    "invalid-shape",
    `${field} must be the base64 of a 32-byte ed25519 public key`,
  );
}

function missingField(field: string): DredError {
  return new DredError("invalid-shape", `${field} is missing; it must be an id (a public key)`);
}

function isMissing(text: string | undefined): text is undefined | "" {
  return text === undefined || text === "";
}
