import { DredError } from "@dred/protocol";
import type { SimChannel } from "./SimChannel.ts";
import type { SimServer } from "./SimServer.ts";

/** A message as history shows it. */
export interface ShownMessage {
  readonly mid: string;
  readonly ocid: string;
  readonly content: string;
  readonly isConflict: boolean;
}

/** A server ended, or began a new epoch, while it was read. */
export class NotServing extends Error {}

/** All that a server shows of a channel, page by page. @throws NotServing, or Error when it cannot. */
export async function readAll(channel: SimChannel, server: SimServer): Promise<ShownMessage[]> {
  const { replica } = server;
  if (replica === undefined) throw new NotServing(`${server.name} does not serve`);
  const { signal } = new AbortController();
  const messages: ShownMessage[] = [];
  let after: string | undefined;
  do {
    const request = { limit: 20, order: "asc", ...(after === undefined ? {} : { after }) } as const;
    const page = await replica.history(channel.name, request, { signal }).catch(asEnded);
    for (const line of page.lines) {
      const { mid, ocid, msg, conflict } = JSON.parse(line) as Record<string, string>;
      const isConflict = conflict !== undefined;
      messages.push({ mid: mid ?? "", ocid: ocid ?? "", content: msg ?? "", isConflict });
    }
    after = page.next;
  } while (after !== undefined);
  return messages;
}

/** An epoch that ends is told as a fence; every other failure stays what it is. */
function asEnded(error: unknown): never {
  const isFenced = error instanceof DredError && error.code === "store-fenced";
  throw isFenced ? new NotServing(error.message) : error;
}
