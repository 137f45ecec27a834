import { DredError, parseChannelKey, parseChannelName, parseOriginId } from "@dred/protocol";
import { parseServerId } from "@dred/protocol";
import type { ChannelKey, ChannelName, ChannelOptions } from "@dred/protocol";
import type { OriginId, ServerId } from "@dred/protocol";

/** When and by whom something was written: larger is later, and no two are equal. */
export interface Stamp {
  readonly ts: number;
  readonly origin: string;
}

export interface ChannelRecord {
  readonly kind: "channel";
  readonly generation: number;
  readonly isDeleted: boolean;
  readonly created: Stamp;
  readonly updated: Stamp;
  /** The ts of the tombstone before this generation: every ts in it is larger. */
  readonly floorTs: number;
  readonly options: ChannelOptions;
}

export interface MemberRecord {
  readonly kind: "member";
  readonly updated: Stamp;
  readonly state: "joined" | "requested" | "removed";
}

export interface HostRecord {
  readonly kind: "host";
  readonly updated: Stamp;
  readonly isRemoved: boolean;
  readonly url: string;
  readonly storeId: string;
  readonly epoch: string;
  readonly version: string;
  /** Every record with a ts up to this was known here, as far as peers had it. */
  readonly syncedTs?: number;
  /** The newest tombstone that was forgotten here, and the largest generation of such. */
  readonly collectedTs?: number;
  readonly collectedGeneration?: number;
}

/** What an operator has given up of one log: everything through here is dead (R5). It only rises. */
interface CutRecord {
  readonly kind: "cut";
  readonly updated: Stamp;
  readonly through: { readonly ts: number; readonly seq: number };
}

export type RegistryValue = ChannelRecord | MemberRecord | HostRecord | CutRecord;

/**
 * Whether a store that is full takes it all the same: the end of a channel, which frees memory,
 * and what the neighborhood must know of its hosts, which are few.
 */
export function isTakenWhenFull(value: RegistryValue): boolean {
  return value.kind === "host" || (value.kind === "channel" && value.isDeleted);
}

export function channelField(name: ChannelName): string {
  return `channel/${name}`;
}

export function memberField(channel: ChannelKey, memberId: string): string {
  return `member/${channel}/${memberId}`;
}

export function hostField(server: ServerId): string {
  return `host/${server}`;
}

export function cutField(channel: ChannelKey, origin: OriginId): string {
  return `cut/${channel}/${origin}`;
}

export type RegistryField =
  | { readonly kind: "channel"; readonly name: ChannelName }
  | { readonly kind: "member"; readonly channel: ChannelKey; readonly id: string }
  | { readonly kind: "host"; readonly id: ServerId }
  | { readonly kind: "cut"; readonly channel: ChannelKey; readonly origin: OriginId };

/** @throws DredError for a field that no server of this protocol writes. */
export function parseField(field: string): RegistryField {
  const slash = field.indexOf("/");
  const rest = field.slice(slash + 1);
  switch (field.slice(0, slash)) {
    case "channel":
      return { kind: "channel", name: parseChannelName(rest) };
    case "host":
      return { kind: "host", id: parseServerId(rest) };
    case "member": {
      const [channel, id] = parseInChannel(rest);
      return { kind: "member", channel, id };
    }
    case "cut": {
      const [channel, origin] = parseInChannel(rest);
      return { kind: "cut", channel, origin: parseOriginId(origin) };
    }
    default:
      throw new DredError("invalid-shape", `unknown registry field ${field.slice(0, 80)}`);
  }
}

function parseInChannel(rest: string): [channel: ChannelKey, of: string] {
  const end = rest.indexOf("/");
  return [parseChannelKey(rest.slice(0, end)), rest.slice(end + 1)];
}

/** Every ts of the channel, or of its next generation, is larger than this one or follows it. */
export function largestTsOf({ created, updated, floorTs }: ChannelRecord): number {
  return Math.max(created.ts, updated.ts, floorTs);
}

/** @throws DredError `invalid-shape` unless `text` is the JSON of a value for this field. */
export function parseValue(field: string, text: string): RegistryValue {
  const value = parseObject(text);
  const { kind } = parseField(field);
  const isValid = value["kind"] === kind && isStamp(value["updated"]) && checks[kind](value);
  if (!isValid) throw new DredError("invalid-shape", `malformed registry value of ${field}`);
  return value as unknown as RegistryValue;
}

type Shape = Readonly<Record<string, unknown>>;

const checks: Readonly<Record<RegistryValue["kind"], (value: Shape) => boolean>> = {
  channel: (value) =>
    isCount(value["generation"]) &&
    typeof value["isDeleted"] === "boolean" &&
    isStamp(value["created"]) &&
    isCount(value["floorTs"]) &&
    typeof value["options"] === "object" &&
    value["options"] !== null,
  member: (value) => ["joined", "requested", "removed"].includes(String(value["state"])),
  host: (value) =>
    typeof value["isRemoved"] === "boolean" &&
    ["url", "storeId", "epoch", "version"].every((name) => typeof value[name] === "string") &&
    ["syncedTs", "collectedTs", "collectedGeneration"].every(
      (name) => value[name] === undefined || isCount(value[name]),
    ),
  cut: ({ through }) => {
    if (typeof through !== "object" || through === null) return false;
    const { ts, seq } = through as Shape;
    return isCount(ts) && isCount(seq);
  },
};

function isStamp(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { ts, origin } = value as Shape;
  return isCount(ts) && typeof origin === "string";
}

function isCount(value: unknown): boolean {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

function parseObject(text: string): Shape {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null) return value as Shape;
  } catch {
    // falls through: no JSON is the same fault as JSON of another shape
  }
  throw new DredError("invalid-shape", "a registry value is not a JSON object");
}
