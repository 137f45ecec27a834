import { DredError, isProblemCode } from "@dred/protocol";
import type { HistoryOptions, NewMessage, PostOptions } from "../DredClientOptions.ts";
import type { HostCaller } from "../http/HostCaller.ts";
import type { History, PostReply } from "./answers.ts";
import { channelPath, toQuery } from "./channelPath.ts";
import { makeOcid } from "./makeOcid.ts";
import { toPostBatches } from "./postBatches.ts";

/** See `DredClient.postMessage`. */
export async function postMessage(
  caller: HostCaller,
  channel: string,
  { message, options }: { readonly message: NewMessage; readonly options: PostOptions },
): Promise<PostReply> {
  const { acks, timeoutMs, signal } = options;
  const query = toQuery({ acks, timeout: timeoutMs });
  return (await caller.call({
    method: "POST",
    path: channelPath(channel, `/message${query}`),
    body: JSON.stringify(named(message)),
    extraMs: timeoutMs ?? 0,
    signal,
  })) as PostReply;
}

/** See `DredClient.postMessages`. */
export async function postMessages(
  caller: HostCaller,
  channel: string,
  messages: readonly NewMessage[],
): Promise<readonly (PostReply | DredError)[]> {
  const path = channelPath(channel, "/messages");
  const replies: (PostReply | DredError)[] = [];
  for (const body of toPostBatches(messages.map(named))) {
    const answers = (await caller.call({ method: "POST", path, body })) as readonly Answer[];
    replies.push(...answers.map((answer) => ("mid" in answer ? answer : toError(answer))));
  }
  return replies;
}

/** See `DredClient.history`. */
export async function history(
  caller: HostCaller,
  channel: string,
  options: HistoryOptions,
): Promise<History> {
  const query = toQuery({ ...options });
  return (await caller.get(channelPath(channel, `/messages${query}`))) as History;
}

type Answer = PostReply | { readonly error: string; readonly code: string };

/** The ocid is made before the first attempt: all of them are the same message. */
function named(message: NewMessage): NewMessage {
  return { ...message, ocid: message.ocid ?? makeOcid() };
}

function toError({ error, code }: Exclude<Answer, PostReply>): DredError {
  return new DredError(isProblemCode(code) ? code : "invalid-shape", error);
}
