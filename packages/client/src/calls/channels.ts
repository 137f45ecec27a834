import { parseChannelName } from "@dred/protocol";
import type { ChannelOptions } from "@dred/protocol";
import type { HostCaller } from "../http/HostCaller.ts";
import { signString } from "../signing/ed25519.ts";
import type { KeyPair } from "../signing/ed25519.ts";
import type { AcceptedGap, ChannelInfo, ChannelLogs, CreatedChannel, LogPage } from "./answers.ts";
import { channelPath, toQuery } from "./channelPath.ts";

/** What a channel is created with, and the key that makes its holder the owner. */
export interface NewChannel extends ChannelOptions {
  /** Its id becomes the owner, and it signs the channel's name. */
  readonly key?: KeyPair;
}

/** See `DredClient.createChannel`. */
export async function createChannel(
  caller: HostCaller,
  channel: string,
  { key, ...options }: NewChannel,
): Promise<CreatedChannel> {
  const name = parseChannelName(channel);
  const signed = key && { owner: key.id, signature: await signString(name, key.privateKey) };
  return (await caller.post(channelPath(name), { ...options, ...signed })) as CreatedChannel;
}

/** See `DredClient.deleteChannel`. */
export async function deleteChannel(
  caller: HostCaller,
  channel: string,
  key: KeyPair | undefined,
): Promise<void> {
  const name = parseChannelName(channel);
  if (key === undefined) return await caller.delete(channelPath(name));
  const { createdAt } = await channelInfo(caller, name);
  const signature = await signString(`delete\n${name}\n${createdAt}`, key.privateKey);
  await caller.delete(channelPath(name), { signature });
}

/** See `DredClient.channelInfo`. */
export async function channelInfo(caller: HostCaller, channel: string): Promise<ChannelInfo> {
  return (await caller.get(channelPath(channel))) as ChannelInfo;
}

/** See `DredClient.channelLogs`. */
export async function channelLogs(caller: HostCaller, channel: string): Promise<ChannelLogs> {
  return (await caller.get(channelPath(channel, "/logs"))) as ChannelLogs;
}

/** Which part of a log is asked for. */
export interface LogRange {
  readonly origin: string;
  /** `ts-seq`, exclusive. */
  readonly after: string;
  /** `ts-seq`, inclusive. */
  readonly through: string;
}

/** See `DredClient.logPage`. */
export async function logPage(
  caller: HostCaller,
  channel: string,
  { origin, after, through }: LogRange,
): Promise<LogPage> {
  const query = toQuery({ after, through });
  const path = channelPath(channel, `/logs/${encodeURIComponent(origin)}${query}`);
  return (await caller.get(path)) as LogPage;
}

/** See `DredClient.acceptGap`. */
export async function acceptGap(
  caller: HostCaller,
  { channel, origin }: { readonly channel: string; readonly origin: string },
): Promise<AcceptedGap> {
  const path = channelPath(channel, `/logs/${encodeURIComponent(origin)}/accept-gap`);
  return (await caller.post(path, {})) as AcceptedGap;
}

/** See `DredClient.addMemberToChannel`. */
export async function addMember(
  caller: HostCaller,
  channel: string,
  { member, key }: { readonly member: string; readonly key: KeyPair },
): Promise<"joined" | "requested"> {
  const name = parseChannelName(channel);
  const signature = await signString(`${name}\n${member}`, key.privateKey);
  const body = { myId: key.id, member, signature };
  const { status } = (await caller.post(channelPath(name, "/join"), body)) as {
    readonly status: "joined" | "requested";
  };
  return status;
}
