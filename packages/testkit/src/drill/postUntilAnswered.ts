import { setTimeout as wait } from "node:timers/promises";
import { contentOf, WRITER_COUNTER } from "./Ledger.ts";
import type { Acked, Ledger } from "./Ledger.ts";

const ANSWER_MS_MAX = 15_000;
const AGAIN_MS = 50;
/** What a healthy server may answer to a post that must be repeated. */
const RETRIED = new Set([202, 404, 408, 429, 503, 507]);

export interface Post {
  readonly writer: string;
  readonly counter: number;
  readonly channel: string;
  readonly msg: string;
  /** Made of writer and counter unless given. */
  readonly ocid?: string;
  /** How many servers must hold it before it counts as answered; default 1. */
  readonly acks?: number;
  /** Default false. */
  readonly mayBeLost?: boolean;
}

/**
 * Posts one message to one server, and repeats it with its ocid until that server has answered
 * for it (P15); writes all of it into the ledger.
 *
 * @returns Undefined when `signal` was aborted before.
 */
export async function postUntilAnswered(
  url: string,
  post: Post,
  { ledger, signal }: { readonly ledger: Ledger; readonly signal: AbortSignal },
): Promise<Acked | undefined> {
  const { writer, counter, channel, msg, acks = 1, mayBeLost = false } = post;
  const ocid = post.ocid ?? `${writer}-${counter}`;
  const content = contentOf(msg);
  ledger.notePosted(ocid, content);
  const path = `${url}/channel/${channel}/message${acks > 1 ? `?acks=${acks}` : ""}`;
  const body = JSON.stringify({ type: WRITER_COUNTER, msg, ocid });
  while (!signal.aborted) {
    const { status, text } = await postOnce(path, body);
    if (status === 200) {
      const { mid } = JSON.parse(text) as { readonly mid: string };
      const acked = { writer, counter, channel, ocid, mid, content, mayBeLost };
      ledger.acked.push(acked);
      return acked;
    }
    if (status !== 0 && !RETRIED.has(status)) {
      ledger.surprises.push(`${ocid} was answered ${status} ${text}`);
      return undefined;
    }
    await wait(AGAIN_MS);
  }
  return undefined;
}

/** Status 0 where there was no answer. */
async function postOnce(path: string, body: string): Promise<{ status: number; text: string }> {
  const headers = { "content-type": "application/json" };
  const signal = AbortSignal.timeout(ANSWER_MS_MAX);
  try {
    const answer = await fetch(path, { method: "POST", headers, body, signal });
    return { status: answer.status, text: await answer.text() };
  } catch (error) {
    return { status: 0, text: String(error) };
  }
}
