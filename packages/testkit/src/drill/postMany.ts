import { contentOf, WRITER_COUNTER } from "./Ledger.ts";
import type { Ledger } from "./Ledger.ts";

const BATCH = 100;

export interface Batch {
  readonly channel: string;
  readonly count: number;
  /** Length of a message's text. */
  readonly chars: number;
}

let batches = 0;

/**
 * Posts many messages to one server, a hundred a request, one request after the other.
 *
 * @throws Error unless each is answered at once; for servers that nothing happens to.
 */
export async function postMany(url: string, ledger: Ledger, batch: Batch): Promise<void> {
  const { channel, count, chars } = batch;
  const writer = `load-${++batches}`;
  for (let from = 1; from <= count; from += BATCH) {
    const counters = Array.from({ length: Math.min(BATCH, count - from + 1) }, (_, i) => from + i);
    const messages = counters.map((counter) => {
      const msg = `${writer} ${counter} `.padEnd(chars, "xy");
      return { type: WRITER_COUNTER, msg, ocid: `${writer}-${counter}` };
    });
    for (const { ocid, msg } of messages) ledger.notePosted(ocid, contentOf(msg));
    const answer = await fetch(`${url}/channel/${channel}/messages`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(messages),
    });
    if (!answer.ok) throw new Error(`a batch was answered ${answer.status}`);
    const replies = (await answer.json()) as readonly { readonly mid?: string }[];
    replies.forEach(({ mid }, index) => {
      const { ocid = "", msg = "" } = messages[index] ?? {};
      if (mid === undefined) throw new Error(`${ocid} was not taken`);
      const counter = counters[index] ?? 0;
      const content = contentOf(msg);
      ledger.acked.push({ writer, counter, channel, ocid, mid, content, mayBeLost: false });
    });
  }
}
