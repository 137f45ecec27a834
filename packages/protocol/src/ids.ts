import { DredError } from "./DredError.ts";

declare const brand: unique symbol;
type Brand<Base, Name extends string> = Base & { readonly [brand]: Name };

/** A server's stable name, `[a-z0-9-]{1,32}`. */
export type ServerId = Brand<string, "ServerId">;
/** The servers of one application: `[a-z0-9-]{1,32}`. */
export type Neighborhood = Brand<string, "Neighborhood">;
/** One unbroken life of a server's store: milliseconds in base 36, then two random characters. */
export type Epoch = Brand<string, "Epoch">;
/** The one writer of its logs: `serverId.epoch`. */
export type OriginId = Brand<string, "OriginId">;
/** What users call a channel: 1 to 128 letters, digits and `_ - . :`, normalised NFC. */
export type ChannelName = Brand<string, "ChannelName">;
/** A channel and its generation, `name~generation`: what entries are filed under. */
export type ChannelKey = Brand<string, "ChannelKey">;

const SHORT_NAME = /^[a-z0-9-]{1,32}$/;
/** At most 10 digits of milliseconds: below 2^53. */
const EPOCH = /^[0-9a-z]{3,12}$/;
const CHANNEL_NAME = /^[\p{L}\p{N}_\-.:]{1,128}$/u;
const CHANNEL_KEY = /^(?<name>[\p{L}\p{N}_\-.:]{1,128})~(?<generation>0|[1-9][0-9]{0,8})$/u;

/** @throws DredError `invalid-name` unless `value` is `[a-z0-9-]{1,32}`. */
export function parseServerId(value: unknown): ServerId {
  return shortName(value, "server id") as ServerId;
}

/** @throws DredError `invalid-name` unless `value` is `[a-z0-9-]{1,32}`. */
export function parseNeighborhood(value: unknown): Neighborhood {
  return shortName(value, "neighborhood") as Neighborhood;
}

function shortName(value: unknown, what: string): string {
  if (typeof value === "string" && SHORT_NAME.test(value)) return value;
  throw new DredError(
    "invalid-name",
    `${what} ${quoted(value)} must be 1 to 32 of a-z, 0-9 and "-"`,
  );
}

/** @throws DredError `invalid-name` unless `value` has the form of an epoch. */
export function parseEpoch(value: unknown): Epoch {
  if (typeof value === "string" && EPOCH.test(value)) return value as Epoch;
  throw new DredError("invalid-name", `${quoted(value)} is no epoch`);
}

/** @throws DredError `invalid-name` unless `value` is `serverId.epoch`. */
export function parseOriginId(value: unknown): OriginId {
  const dot = typeof value === "string" ? value.indexOf(".") : -1;
  if (typeof value !== "string" || dot < 0) {
    throw new DredError("invalid-name", `${quoted(value)} is no origin (serverId.epoch)`);
  }
  parseServerId(value.slice(0, dot));
  parseEpoch(value.slice(dot + 1));
  return value as OriginId;
}

/**
 * A channel's name as its users write it, normalised to NFC.
 *
 * @throws DredError `invalid-channel-name`; names that begin with `_` are valid here
 *   and refused where clients create or post.
 */
export function parseChannelName(value: unknown): ChannelName {
  const name = typeof value === "string" ? value.normalize("NFC") : "";
  if (CHANNEL_NAME.test(name)) return name as ChannelName;
  throw new DredError(
    "invalid-channel-name",
    `channel name ${quoted(value)} must be 1 to 128 letters, digits and "_ - . :"`,
  );
}

/** @throws DredError `invalid-channel-name` unless `value` is `name~generation`, in NFC. */
export function parseChannelKey(value: unknown): ChannelKey {
  if (typeof value === "string" && CHANNEL_KEY.test(value) && value.normalize("NFC") === value) {
    return value as ChannelKey; // in another form it would be another key for the same name
  }
  throw new DredError("invalid-channel-name", `${quoted(value)} is no channel~generation`);
}

/** Names that begin with `_` belong to the servers: listenable, never posted to by clients. */
export function isReservedName(name: ChannelName): boolean {
  return name.startsWith("_");
}

export function toChannelKey(name: ChannelName, generation: number): ChannelKey {
  return `${name}~${generation}` as ChannelKey;
}

export function channelNameOf(key: ChannelKey): ChannelName {
  return key.slice(0, key.lastIndexOf("~")) as ChannelName;
}

export function generationOf(key: ChannelKey): number {
  return Number(key.slice(key.lastIndexOf("~") + 1));
}

export function toOriginId(server: ServerId, epoch: Epoch): OriginId {
  return `${server}.${epoch}` as OriginId;
}

export function serverOf(origin: OriginId): ServerId {
  return origin.slice(0, origin.indexOf(".")) as ServerId;
}

export function epochOf(origin: OriginId): Epoch {
  return origin.slice(origin.indexOf(".") + 1) as Epoch;
}

/** The milliseconds an epoch begins with; epochs of one server are ordered by it, then as text. */
export function epochTimeMs(epoch: Epoch): number {
  return Number.parseInt(epoch.slice(0, -2), 36);
}

/** Negative, zero or positive as `a` is older than, equal to or newer than `b` (of one server). */
export function compareEpochs(a: Epoch, b: Epoch): number {
  const difference = epochTimeMs(a) - epochTimeMs(b);
  if (difference !== 0) return difference;
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** How an error names what was given: as JSON, shortened. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 77)}…` : text;
}
